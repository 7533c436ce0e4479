"""The kernel log has an Xid that points at the GPU or its driver.

What it checks
    Xids since the last boot that the matrix calls errors. Those that are usually a program's own fault,
    and those with a rule of their own (fallen off the bus, firmware, NVLink), are judged there.
Why it matters
    The GPU reported a fault of its own; jobs on it may fail.
How to fix
    What NVIDIA's catalogue says for the number; mostly a reset of the GPU.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torch_doctor.core.records import KernelEvent
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.topics.kernel_log import ACTIONS

# Actions that one person can carry out; the rest need a look at the GPU.
_TAKEN = frozenset({"reset_gpu", "restart_vm", "check_mechanicals", "update_software"})
_LOOK = "drain the GPU and look at it before the next job"
_ELSEWHERE = frozenset({13, 31, 43, 45, 68, 69, 74, 79, 119, 120, 136, 137, *range(144, 151), 155})


@rule("TD804", severity="warning", cause="gpu-hardware", about=("kernel_events",))
def check(kernel_events: tuple[KernelEvent, ...], matrix: Matrix) -> Iterator[Draft]:
    rows = {row.code: row for row in matrix.xids}
    seen = Counter((event.bus_id, event.xid) for event in kernel_events if event.xid)
    for (place, number), count in sorted(seen.items(), key=str):
        row = rows.get(number or 0)
        if row is None or number in _ELSEWHERE or row.severity not in ("error", "fatal"):
            continue
        times = f" ({count} times)" if count > 1 else ""
        message = f"Xid {number} since the last boot{times}: {row.name}"
        message += f", {row.meaning}" if row.meaning else ""
        action = ACTIONS[row.immediate] if row.immediate in _TAKEN else _LOOK
        cures = [fixes.by_hand(action, scope="host", root=True)]
        if row.follow_up:
            cures.append(fixes.by_hand(row.follow_up, scope="host"))
        because = [receipt("xids", row)]
        yield finding(f"gpu:{place or 'unknown'}", message, because=because, fixes=cures)
