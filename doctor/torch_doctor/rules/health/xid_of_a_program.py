"""The kernel log has Xids that programs cause by themselves.

What it checks
    Xids 13, 31, 43, 45, 68 and 69 since the last boot.
Why it matters
    They say that a program read a wrong address or was ended. They are no sign of bad hardware, unless
    many different programs meet them on one and the same GPU.
How to fix
    Nothing on this machine; look at the program with compute-sanitizer.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelEvent
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix, receipt

OF_PROGRAMS = frozenset({13, 31, 43, 45, 68, 69})


@rule("TD806", severity="note", about=("kernel_events",))
def check(kernel_events: tuple[KernelEvent, ...], matrix: Matrix) -> Iterator[Draft]:
    events = [event for event in kernel_events if event.xid in OF_PROGRAMS]
    if not events:
        return
    numbers = sorted({event.xid for event in events if event.xid})
    sanitize = fixes.by_hand("look at the program: run it under compute-sanitizer")
    names = listing([str(number) for number in numbers])
    message = f"{plural(len(events), 'line')} with Xid {names}: faults of programs, not of the GPU"
    because = [receipt("xids", row) for row in matrix.xids if row.code in numbers]
    yield finding("gpu", message, because=because, fixes=[sanitize])
