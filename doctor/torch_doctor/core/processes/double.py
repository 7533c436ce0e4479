"""A double of this process, by fork: it does one thing, and says through a pipe what came of it.

What waits for a dead file system cannot always be killed, and keeps its process from ending: a double is left behind.

A double ends with whoever made it: the kernel signals it when nobody holds the other end of its pipe any more. It holds
none of the streams of its maker once it has said something, for others wait until those are closed.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[bytes], None]


class Double(NamedTuple):
    """One that works: its process, and the end of the pipe on which it is heard."""

    process: int
    pipe: int


def can_double() -> bool:
    """Whether this process may be doubled: POSIX, and no other thread runs in it."""
    threading = sys.modules.get("threading")
    return hasattr(os, "fork") and (threading is None or threading.active_count() == 1)


def double(work: Callable[[Tell], object], *, quiet: bool = True) -> Double:
    """Have *work* done in a double, which says something by the function that it is given.

    What *work* raises ends the double without a word. With *quiet* it has none of the streams from the start. Raise
    OSError where no process is to be had.
    """
    ours, theirs = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(ours)
        os.close(theirs)
        raise
    if process == 0:
        os.close(ours)
        _work(work, theirs, quiet=quiet)
    os.close(theirs)
    return Double(process, ours)


def has_spoken(made: Double, seconds: float = 0.0) -> bool:
    """Whether a double says something, or ends, within so many seconds."""
    import select

    return bool(select.select([made.pipe], [], [], max(0.0, seconds))[0])


def all_words(made: Double, deadline: float) -> bytes | None:
    """Return all that a double says until its end, or None where that does not come by *deadline* (monotonic, s)."""
    heard = bytearray()
    while has_spoken(made, deadline - time.monotonic()):
        more = os.read(made.pipe, 1 << 20)
        if not more:
            return bytes(heard)
        heard += more
    return None


def leave(made: Double, seconds: float) -> str:
    """Return how a double ends within *seconds*; else have it killed, say nothing, and go on: it may never end."""
    deadline, pause = time.monotonic() + seconds, 0.0002
    with suppress(OSError):
        os.close(made.pipe)
    while True:
        try:
            ended, status = os.waitpid(made.process, os.WNOHANG)
        except OSError:
            return "it was ended"
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return f"it was ended by signal {-code}" if code < 0 else f"it ended with {code}"
        if time.monotonic() >= deadline:
            import signal

            with suppress(OSError):
                os.kill(made.process, signal.SIGKILL)
            return ""
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def _work(work: Callable[[Tell], object], pipe: int, *, quiet: bool) -> None:
    """In the double: work, and end without any of the endings of its maker."""

    def tell(words: bytes) -> None:
        _end_alone(
            pipe, alone=False
        )  # from now on, a reader that makes room would be a signal, too
        _without_streams()
        rest = memoryview(words)
        while rest:
            rest = rest[os.write(pipe, rest) :]

    try:
        _end_alone(pipe, alone=True)
        if quiet:
            _without_streams()
        work(tell)
    finally:
        os.close(
            pipe
        )  # a process with a thread in the kernel keeps its files open while it tries to end
        os._exit(0)


def _without_streams() -> None:
    """Leave the streams to others. The number of one is free first: no file more may be opened where limits are low."""
    with suppress(OSError):
        os.close(0)
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in {0, 1, 2} - {nothing}:
            os.dup2(nothing, number)


def _end_alone(pipe: int, *, alone: bool) -> None:
    """Have the kernel end this process, or no longer, when nobody is there to hear it (SIGIO, pipe(7))."""
    if sys.platform != "linux":
        return
    import fcntl

    with suppress(OSError):
        flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        asked = flags | os.O_ASYNC if alone else flags & ~os.O_ASYNC
        fcntl.fcntl(pipe, fcntl.F_SETFL, asked)
    if alone and _is_unheard(pipe):  # its maker ended before the kernel was asked
        os._exit(0)


def _is_unheard(pipe: int) -> bool:
    import select

    looking = select.poll()
    looking.register(pipe, 0)
    return bool(looking.poll(0))
