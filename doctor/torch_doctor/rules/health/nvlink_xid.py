"""The kernel log has NVLink errors.

What it checks
    Xid 74, 136, 137, 144 to 150 and 155 since the last boot.
Why it matters
    A link between GPUs failed or is failing: jobs over several GPUs hang or slow down, and one GPU
    alone may work well.
How to fix
    Look at the link counters, reset the GPUs at both ends, reseat or replace what repeats.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelEvent
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix, receipt

# 137 follows the end of the program on the other side of a link: alone it says nothing about the link.
_LINKS = frozenset({74, 136, *range(144, 151), 155})


@rule("TD807", severity="warning", cause="gpu-hardware", about=("kernel_events",))
def check(kernel_events: tuple[KernelEvent, ...], matrix: Matrix) -> Iterator[Draft]:
    events = [event for event in kernel_events if event.xid in _LINKS]
    if not events:
        return
    numbers = sorted({event.xid for event in events if event.xid})
    places = sorted({event.bus_id for event in events if event.bus_id})
    counters = fixes.by_hand(
        "read which link it is, then reset the GPUs at its ends with no program on them",
        "nvidia-smi nvlink -e",
        "sudo nvidia-smi --gpu-reset",
        scope="host",
        root=True,
    )
    where = f" at {listing(places)}" if places else ""
    names = listing([str(number) for number in numbers])
    message = f"NVLink errors{where} since the last boot: Xid {names}"
    because = [receipt("xids", row) for row in matrix.xids if row.code in numbers]
    yield finding("gpu", message, because=because, fixes=[counters])
