"""``--deadline``: the check runs in a process of its own, which is left behind if it does not end.

A thread that waits for a dead file system keeps its whole process from ending. What the process printed is there by
then, and whoever started it must not wait for the rest.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

FLAG = "--deadline"
# What it may take to start, to judge and to print beside what was asked; then nothing more is waited for.
GRACE_S = 2.0
_FAILED, _INTERRUPTED, _LATE = 2, 130, 255


def seconds_of(words: Sequence[str]) -> float | None:
    """Return the deadline that a command line names, or None: who cannot read it says so later."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        text = after if word == FLAG else word.removeprefix(f"{FLAG}=") if "=" in word else ""
        if word.partition("=")[0] == FLAG:
            with suppress(ValueError):
                return float(text) if 0 < float(text) < 1e6 else None
    return None


def watched(
    words: Sequence[str], run: Callable[[Sequence[str]], int], seconds: float
) -> int | None:
    """Run in a child and return its exit code; None where it has none in time, and is left behind.

    A child that ends without one has crashed: ChildProcessError says how.
    """
    if not hasattr(os, "fork"):
        return run(words)
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _end_at(seconds + GRACE_S, theirs)
        _work(words, run, theirs)
    os.close(theirs)
    try:
        answer = _answer(ours, seconds + GRACE_S + 0.5)
    except KeyboardInterrupt:
        answer = _interrupted(child, ours)
    if answer and answer[0] != _LATE:
        return answer[0]
    # What the child has started may hold the pipe open: then nothing says that it has ended.
    if not answer and (how := _how_it_ended(child, 0.0 if answer is None else 1.0)):
        raise ChildProcessError(how)
    with suppress(OSError):
        os.kill(child, signal.SIGKILL)
    return None


def _answer(pipe: int, seconds: float) -> bytes | None:
    """Return what the child says: its exit code, or nothing where it has ended; None where it does neither in time."""
    ready = select.select([pipe], [], [], max(0.0, seconds))[0]
    return os.read(pipe, 1) if ready else None


def _interrupted(child: int, pipe: int) -> bytes:
    """Let the child say that it was interrupted, and tidy up; where it does not, say it ourselves.

    A terminal interrupts both; what interrupts this process alone is passed on.
    """
    try:
        answer = _answer(pipe, 0.3)
        if answer is None:
            with suppress(OSError):
                os.kill(child, signal.SIGINT)
            answer = _answer(pipe, GRACE_S)
        if answer and answer[0] != _LATE:
            return answer
    finally:
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
    raise KeyboardInterrupt


def _how_it_ended(child: int, seconds: float) -> str:
    """Return how a child ended, or nothing where it is still there after *seconds*."""
    until = time.monotonic() + seconds
    while True:
        try:
            ended, status = os.waitpid(child, os.WNOHANG)
        except OSError:
            return "it was ended"
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return f"it was ended by signal {-code}" if code < 0 else f"it ended with {code}"
        if time.monotonic() >= until:
            return ""
        time.sleep(0.01)


def _work(words: Sequence[str], run: Callable[[Sequence[str]], int], pipe: int) -> None:
    """In the child: run, and give the streams back before what may never end."""
    code = _FAILED
    try:
        code = run(words)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    finally:
        _leave(pipe, code)


def _end_at(seconds: float, pipe: int) -> None:
    """In the child: give the streams back when its time is up, as long as Python can still be interrupted."""
    signal.signal(signal.SIGALRM, lambda *_: _leave(pipe, _LATE))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _leave(pipe: int, code: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.write(pipe, bytes([code & 0xFF]))
    os._exit(code)


def hear_of_ends() -> None:
    """Undo what a parent passed on that ignores SIGCHLD: nobody would be told how a child ended.

    It is for a process of our own: a program that ignores the signal wants that.
    """
    ended = getattr(signal, "SIGCHLD", None)
    if ended is not None and signal.getsignal(ended) is signal.SIG_IGN:
        signal.signal(ended, signal.SIG_DFL)
