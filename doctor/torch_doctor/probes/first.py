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

# Fewer open files are what a check needs of itself, its children and what it reads, and no more.
_FILES = 64
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
    if has_room():
        _early.append(ask_first(this_machine(), TIMEOUT_S))


def ask_this_machine(asked: Inquiry) -> First | None:
    """Ask NVML on this machine, or return who was asked before in the same environment.

    None where the process may have so little that what is still to be loaded must have it first.
    """
    if not has_room():
        return None
    early = _early.pop() if _early else None
    if early and asked.deadline_s is None and early.host.environ == os.environ:
        return early
    return ask_first(this_machine(), asked.within(asked.timeout_s))


def this_machine() -> Host:
    """Return the live machine."""
    machine: Any = LiveHost()
    return machine  # type: ignore[no-any-return]


def has_room() -> bool:
    """Whether a thread and a child more cost nothing that the program itself may lack: memory and open files."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return True
    memory = {resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_AS, resource.RLIMIT_DATA)}
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return memory == {resource.RLIM_INFINITY} and not 0 <= files < _FILES


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
