"""``--deadline``: the check runs in a process of its own, which is left behind if it does not end.

A thread that waits for a dead file system keeps its whole process from ending. What the process printed is there by
then, and whoever started it must not wait for the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from torch_doctor.core.processes.double import Double, double, has_spoken, leave
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_doctor.core.processes.double import Tell

FLAG = "--deadline"
# What looks at nothing of this machine that might not answer, or does so in a process of its own.
_ASKS_NOTHING = ("--static", "--facts", "--from", "--assume", "--help", "-h")
# What it may take to start, to judge and to print beside what was asked; then nothing more is waited for.
GRACE_S, _EVER_S = 2.0, 1e6
# What a child that has said all may take to end: with a thread in a dead file system it never does.
_ENDS_WITHIN_S = 0.3
_FAILED, _INTERRUPTED, _LATE = 2, 130, 255


def seconds_of(words: Sequence[str]) -> float | None:
    """Return the deadline that a command line names, or None: who cannot read it says so later."""
    for word, after in zip(words, [*words, ""][1:], strict=True):
        text = after if word == FLAG else word.removeprefix(f"{FLAG}=") if "=" in word else ""
        if word.partition("=")[0] == FLAG:
            with suppress(ValueError):
                return float(text) if 0 < float(text) < 1e6 else None
    return None


def is_live(words: Sequence[str]) -> bool:
    """Whether the words of a check ask a driver or PyTorch."""
    flags = {word.partition("=")[0] for word in words}
    static = "--proof=static" in words or "--proof static" in " ".join(words)
    return flags.isdisjoint(_ASKS_NOTHING) and not static


def watched(
    words: Sequence[str], run: Callable[[Sequence[str]], int], seconds: float | None
) -> int | None:
    """Run in a child and return its exit code; None where it has none in time, and is left behind.

    Without *seconds* it may take any time until it has printed all, and is left then. A child that ends without a code
    has crashed: ChildProcessError says how.
    """
    if not hasattr(os, "fork"):
        return run(words)
    limit_s = None if seconds is None else seconds + GRACE_S
    try:
        child = double(partial(_work, words, run, limit_s), quiet=False)
    except OSError:  # no process is to be had: then nothing is left behind
        return run(words)
    try:
        answer = _answer(child, _EVER_S if limit_s is None else limit_s + 0.5)
    except KeyboardInterrupt:
        answer = _interrupted(child)
    if answer and answer[0] != _LATE:
        leave(child, _ENDS_WITHIN_S)
        return answer[0]
    # What the child has started may hold the pipe open: then nothing says that it has ended.
    how = leave(child, 1.0 if answer == b"" else 0.0)
    if not answer and how:
        raise ChildProcessError(how)
    return None


def _answer(child: Double, seconds: float) -> bytes | None:
    """Return what the child says: its exit code, or nothing where it has ended; None where it does neither in time."""
    return os.read(child.pipe, 1) if has_spoken(child, seconds) else None


def _interrupted(child: Double) -> bytes:
    """Let the child say that it was interrupted, and tidy up; where it does not, say it ourselves.

    A terminal interrupts both; what interrupts this process alone is passed on.
    """
    import signal

    try:
        answer = _answer(child, 0.3)
        if answer is None:
            with suppress(OSError):
                os.kill(child.process, signal.SIGINT)
            answer = _answer(child, GRACE_S)
        if answer and answer[0] != _LATE:
            return answer
    finally:
        with suppress(OSError):
            os.kill(child.process, signal.SIGKILL)
    raise KeyboardInterrupt


def _work(
    words: Sequence[str], run: Callable[[Sequence[str]], int], seconds: float | None, tell: Tell
) -> None:
    """In the child: run, and tell the exit code before what may never end; or that it is late, where it can."""
    import signal

    def late(*_: object) -> None:
        tell(bytes([_LATE]))
        os._exit(_LATE)

    if seconds is not None:
        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    code = _FAILED
    try:
        code = run(words)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    finally:
        tell(bytes([code & 0xFF]))


def hear_of_ends() -> None:
    """Undo what a parent passed on that ignores SIGCHLD: nobody would be told how a child ended.

    It is for a process of our own: a program that ignores the signal wants that.
    """
    # signal wraps this in lists made by enum, which a static check would pay for
    import _signal  # type: ignore[import-not-found]

    ended = getattr(_signal, "SIGCHLD", None)
    if ended is not None and _signal.getsignal(ended) == _signal.SIG_IGN:
        _signal.signal(ended, _signal.SIG_DFL)
