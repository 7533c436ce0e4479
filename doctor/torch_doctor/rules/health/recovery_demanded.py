"""The driver says which recovery the GPU needs before it works again (Xid 154).

What it checks
    The last Xid 154 of each GPU in the kernel log, which names an action: a reset, a reboot, a drain. A GPU that
    answers the driver all the same, or on which CUDA started, is a warning.
Why it matters
    Until that is done, programs on the GPU fail or hang.
How to fix
    Do what the line says, and look at the Xid that came before it.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started, places_of
from torch_doctor.core.records import Gpu, KernelEvent, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import pci_place
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt

_CHANGED = 154
_REFUSES = "NV_ERR_RESET_REQUIRED"
_TO = regex(r"to 0x[0-9a-f]+ \(([^)]{3,60})\)", re.IGNORECASE)


@rule(
    "TD816",
    severity="warning",
    cause="gpu-hardware",
    breaks="cuda",
    explains=("TD132", "TD219"),
    about=("kernel_events",),
)
def check(
    kernel_events: tuple[KernelEvent, ...],
    matrix: Matrix,
    gpus: tuple[Gpu, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    yield from _asserted(kernel_events, errors)
    works = cuda_started(kernel_results, cuda_available)
    answering = places_of(gpus)
    last = {event.bus_id: event for event in kernel_events if event.xid == _CHANGED}
    because = [receipt("xids", row) for row in matrix.xids if row.code == _CHANGED]
    for place, event in sorted(last.items(), key=str):
        wanted = _TO.search(event.text)
        action = wanted[1] if wanted else "what the line names"
        if action.lower() == "none":
            continue
        where = f" at {place}" if place else ""
        message = f"the driver wants a recovery of the GPU{where}: {action} (Xid 154)"
        if "reset" in action.lower():
            cure = fixes.reset_gpu(None, "reset it with no program on it; reboot where that fails")
        else:
            cure = fixes.reboot("as the driver asks")
        severity = None if works or pci_place(place or "") in answering else Severity.ERROR
        subject = f"gpu:{place or 'unknown'}"
        yield finding(subject, message, because=because, fixes=[cure], severity=severity)


def _asserted(events: tuple[KernelEvent, ...], errors: Errors) -> Iterator[Draft]:
    """Yield that the driver refuses its work until a reset: an error where a program met the GPU as unavailable."""
    if any(_REFUSES in event.text for event in events):
        met = errors.matching("busy or unavailable")
        cure = fixes.reset_gpu(None, "reset it with no program on it; reboot where that fails")
        message = f"the driver refuses to work on a GPU until it is reset ({_REFUSES})"
        severity = Severity.ERROR if met else None
        yield finding("gpu:unknown", message, severity=severity, fixes=[cure])
