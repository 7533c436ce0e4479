"""Run the static probes in a forked process, while this one loads what will judge them.

Both take about as long, and on two cores they then take that time once. The fork happens before any thread or
library of the driver is there, so the child is as sound as its parent.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

from torch_doctor.core.processes.double import (
    Double,
    all_words,
    can_double,
    double,
    has_spoken,
    leave,
)
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.core.fact import Facts

# The static probes have their own deadline; this one is for a child that does not keep it.
LIMIT_S = 15.0
# What a child that has answered may take to end. It does not where a file system holds one of its threads.
END_S = 0.3


def can_fork() -> bool:
    """Whether the probes may run in a double of this process."""
    return sys.platform == "linux" and can_double()


class Ahead(NamedTuple):
    """Probes that run in a double of this process, and the environment that was named."""

    child: Double
    python: str | None = None
    limit_s: float = LIMIT_S


_early: list[Ahead] = []


def start_early() -> None:
    """Start the static probes of this machine before anybody says how they are to be judged."""
    if made := start(None):
        _early.append(made)


def start(python: str | None, deadline_s: float | None = None) -> Ahead | None:
    """Start the static probes of this machine in a child; None where none can be had.

    The earlier, the more of their time is saved.
    """
    if _early and python is None and deadline_s is None:
        return _early.pop()
    if not can_fork():
        return None
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or never there
            stream.flush()
    try:
        child = double(lambda tell: tell(_answer(python, deadline_s)))
    except OSError:  # a limit of processes or memory
        return None
    return Ahead(child, python, LIMIT_S if deadline_s is None else min(LIMIT_S, deadline_s))


def finish(ahead: Ahead, meanwhile: Iterable[object] = ()) -> tuple[Facts, dict[str, float]] | None:
    """Return the static facts and the seconds of each probe, or None where the child did not answer.

    *meanwhile* is gone through as far as the child leaves time for. Raise TargetError where the environment that was
    named is none, or does not answer.
    """
    for _ in meanwhile:
        if has_spoken(ahead.child):
            break
    raw = all_words(ahead.child, time.monotonic() + ahead.limit_s)
    leave(ahead.child, 0.0 if raw is None else END_S)
    if raw is None and ahead.python is not None:
        from torch_doctor.probes.python.target import TargetError

        raise TargetError(f"{ahead.python} did not answer within {ahead.limit_s:.0f} s")
    return _decoded(raw or b"")


def _answer(python: str | None, deadline_s: float | None) -> bytes:
    return json.dumps(_collected(python, deadline_s)).encode("ascii")


def _collected(python: str | None, deadline_s: float | None) -> dict[str, Any]:
    from torch_doctor.probes.first import ask_this_machine, this_machine
    from torch_doctor.probes.inquiry import Inquiry

    asked = Inquiry(python, static=True, deadline_s=deadline_s)
    first = ask_this_machine(asked)
    from torch_doctor.probes.collect import collect

    try:
        found = collect(first.host if first else this_machine(), asked, first=first)
    except ValueError as error:
        from torch_doctor.probes.python.target import TargetError

        if not isinstance(error, TargetError):
            raise
        return {"no_target": str(error)}
    from torch_doctor.core.codec import facts_to_json

    return {"facts": facts_to_json(found.facts), "timing": found.timing}


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
