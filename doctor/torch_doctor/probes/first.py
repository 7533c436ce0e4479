"""NVML is asked before all else is loaded: on a machine with a GPU nothing is waited for longer than its answers."""

from __future__ import annotations

import os
import threading

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.driver import nvml
from torch_doctor.probes.host.port import Host, LiveHost
from torch_doctor.probes.inquiry import TIMEOUT_S, Inquiry
from torch_doctor.probes.tasks import Running, Task

if TYPE_CHECKING:
    from torch_doctor.probes.tasks import Answers

# What the start of a child may take until the others go on: threads of one interpreter keep each other from working.
_HEAD_START_S = 0.05


class First(NamedTuple):
    """The probe of NVML at work on *host*; *done* is set when NVML has answered everything."""

    host: Host
    run: Running
    done: threading.Event


_early: list[First] = []


def start_early() -> None:
    """Ask NVML of this machine before anybody says what else is asked."""
    _early.append(ask_first(_this_machine(), TIMEOUT_S))


def ask_this_machine(asked: Inquiry) -> First:
    """Ask NVML on this machine, or return who was asked before in the same environment."""
    early = _early.pop() if _early else None
    if early and asked.deadline_s is None and early.host.environ == os.environ:
        return early
    return ask_first(_this_machine(), asked.within(asked.timeout_s))


def _this_machine() -> Host:
    machine: Any = LiveHost()
    return machine  # type: ignore[no-any-return]


def ask_first(host: Host, timeout_s: float) -> First:
    """Start the probe of NVML in a thread of its own, and return when its child is there."""
    begun, done = threading.Event(), threading.Event()
    run = Running.alone(nvml_task(host, timeout_s, begun, done))
    begun.wait(_HEAD_START_S)
    return First(host, run, done)


def nvml_task(host: Host, timeout_s: float, begun: threading.Event, done: threading.Event) -> Task:
    """Return the probe that asks NVML, and says when its child is there and when it has answered everything."""

    def ask() -> Answers:
        try:
            yield from nvml.probe(host, timeout_s, begun.set, done.set)
        finally:
            begun.set()
            done.set()

    return Task("nvml", nvml.OWNS, ask)
