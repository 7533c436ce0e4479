"""Run the static probes in a forked process, while this one loads what will judge them.

Both take about as long, and on two cores they then take that time once. The fork happens before any thread or
library of the driver is there, so the child is as sound as its parent.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.core.fact import Facts

# The static probes have their own deadline; this one is for a child that does not keep it.
LIMIT_S = 15.0
# What a child that has answered may take to end. It does not where a file system holds one of its threads.
END_S = 0.3


def can_fork() -> bool:
    """Whether this process may be doubled: POSIX, and no other thread runs in it."""
    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    return hasattr(os, "fork") and sys.platform == "linux" and alone


class Ahead(NamedTuple):
    """Probes that run in a child: its process, the pipe on which it answers, and the environment that was named."""

    child: int
    pipe: int
    python: str | None = None
    limit_s: float = LIMIT_S


_early: list[Ahead] = []
# Whatever else is said beside --static by these words alone, the probes look at the same.
_PLAIN = frozenset({"check", "--static", "--json", "-q", "--quiet", "-v", "--verbose"})


def start_early(words: Sequence[str]) -> None:
    """Start the static probes where the bare words of a command line already tell that they are wanted."""
    if "--static" in words and _PLAIN.issuperset(words) and can_fork():
        _early.append(start(None))


def start(python: str | None, deadline_s: float | None = None) -> Ahead:
    """Start the static probes of this machine in a child. The earlier, the more of their time is saved."""
    if _early and python is None and deadline_s is None:
        return _early.pop()
    sys.stdout.flush()
    sys.stderr.flush()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(theirs, python, deadline_s)
    os.close(theirs)
    return Ahead(child, ours, python, LIMIT_S if deadline_s is None else min(LIMIT_S, deadline_s))


def finish(ahead: Ahead, meanwhile: Iterable[object] = ()) -> tuple[Facts, dict[str, float]] | None:
    """Return the static facts and the seconds of each probe, or None where the child did not answer.

    *meanwhile* is gone through as far as the child leaves time for. Raise TargetError where the environment that was
    named is none, or does not answer.
    """
    for _ in meanwhile:
        if select.select([ahead.pipe], [], [], 0)[0]:
            break
    raw = _read(ahead.pipe, time.monotonic() + ahead.limit_s)
    os.close(ahead.pipe)
    _leave(ahead.child, 0.0 if raw is None else END_S)
    if raw is None and ahead.python is not None:
        from torch_doctor.probes.python.target import TargetError

        raise TargetError(f"{ahead.python} did not answer within {ahead.limit_s:.0f} s")
    return _decoded(raw or b"")


def _leave(child: int, seconds: float) -> None:
    """Reap a child within *seconds*, else kill it and go on: what waits for a file system may never end."""
    deadline, pause = time.monotonic() + seconds, 0.0002
    with suppress(OSError):
        while not os.waitpid(child, os.WNOHANG)[0]:
            if time.monotonic() >= deadline:
                os.kill(child, signal.SIGKILL)
                return
            time.sleep(pause)
            pause = min(pause * 2, 0.02)


def _answer(pipe: int, python: str | None, deadline_s: float | None) -> None:
    """In the child: collect, write one JSON object, and end without any of the parent's endings."""
    status = 1
    try:
        # A child that is left behind must not keep the streams open for whoever reads them.
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        with os.fdopen(pipe, "w", encoding="utf-8") as out:
            json.dump(_collected(python, deadline_s), out)
        status = 0
    finally:
        os._exit(status)


def _collected(python: str | None, deadline_s: float | None) -> dict[str, Any]:
    from torch_doctor.probes.collect import collect
    from torch_doctor.probes.host.port import LiveHost

    host: Any = LiveHost()
    try:
        found = collect(host, python=python, static=True, deadline_s=deadline_s)
    except ValueError as error:
        from torch_doctor.probes.python.target import TargetError

        if not isinstance(error, TargetError):
            raise
        return {"no_target": str(error)}
    from torch_doctor.core.codec import facts_to_json

    return {"facts": facts_to_json(found.facts), "timing": found.timing}


def _read(pipe: int, deadline: float) -> bytes | None:
    """Return all that the child writes, or None where it is not done by the deadline."""
    chunks: list[bytes] = []
    while (left := deadline - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
    return None


def _decoded(raw: bytes) -> tuple[Facts, dict[str, float]] | None:
    from torch_doctor.core.codec import facts_from_json

    try:
        document = json.loads(raw)
    except ValueError:
        return None
    if "no_target" in document:
        from torch_doctor.probes.python.target import TargetError

        raise TargetError(document["no_target"])
    return facts_from_json(document["facts"]), document["timing"]
