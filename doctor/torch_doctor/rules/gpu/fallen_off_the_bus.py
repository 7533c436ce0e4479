"""A GPU fell off the PCI bus since the machine started.

What it checks
    Xid 79 or "fallen off the bus" in the kernel log or a pasted text, with or without an Xid number, or words for it.
Why it matters
    The link to the GPU is gone; programs on it hang, and often the whole machine slows down.
How to fix
    Power the machine off and on, not only reboot. When it comes back: power, heat, seating, riser.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started, places_of
from torch_doctor.core.records import KernelEvent, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import pci_place
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt

XID = 79
_SIGN = "fallen off the bus"

_BY_HAND = fixes.by_hand(
    "check the seating and the power cables of that GPU, take the riser out of the way, and "
    "try it in another slot and with another power supply; if it falls off there too, it is to be replaced",
    scope="host",
)


@rule(
    "TD217",
    severity="error",
    cause="gpu-hardware",
    breaks=("start", "gpus"),
    explains=("TD127", "TD134", "TD203", "TD204", "TD804"),
    about=("kernel_events", "errors"),
)
def check(
    gpus: Fact[Any],
    matrix: Matrix,
    kernel_events: tuple[KernelEvent, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    tried: tuple[str, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    events = [e for e in kernel_events if e.xid == XID or _SIGN in e.text.lower()]
    pasted = errors.of("gpu_off_the_bus") or errors.matching(rf"Xid \(PCI:[^)]*\): {XID}\b")
    if not events and not pasted:
        return
    cycle = fixes.power_cycle(
        "a warm reboot may not bring the link back; then check the seating, power cables, slot and riser of that GPU"
    )
    cure = _BY_HAND if "power-cycled" in tried else cycle
    listed = gpus.value if isinstance(gpus, Known) else ()
    places = sorted({event.bus_id for event in events if event.bus_id})
    back = bool(places) and {*map(pci_place, places)} <= places_of(listed)
    # The driver lists every one of them again, or the others still work: not the end of the machine. The only GPU of a
    # report is the one that is spoken of.
    only = len(listed) == 1 and bool(pasted) and gpus.source.pasted
    others = any(not gpu.lost for gpu in listed) and not only
    works = back or others or cuda_started(kernel_results, cuda_available)
    where = f" at {', '.join(places)}" if places else ""
    message = f"a GPU{where} fell off the PCI bus since the last boot"
    message += ", and is listed again" if back else ""
    severity = Severity.WARNING if works else None
    because = [receipt("xids", row) for row in matrix.xids if row.code == XID]
    yield finding("gpu", message, because=because, severity=severity, fixes=[cure])
