"""The kernel log has Xids that ask for no action yet.

What it checks
    Xids since the last boot that the matrix calls warnings or information, and numbers that it does not
    know.
Why it matters
    One alone is rarely a fault; the same one again and again on one GPU is worth a look.
How to fix
    Nothing now; watch whether it repeats.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torch_doctor.core.records import KernelEvent
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.store import Matrix, receipt

_OF_PROGRAMS = frozenset({13, 31, 43, 45, 68, 69})


@rule("TD808", severity="note", about=("kernel_events",))
def check(kernel_events: tuple[KernelEvent, ...], matrix: Matrix) -> Iterator[Draft]:
    rows = {row.code: row for row in matrix.xids}
    seen = Counter((event.xid or 0, event.bus_id or "unknown") for event in kernel_events)
    for (number, place), count in sorted(seen.items()):
        row = rows.get(number)
        if number == 0 or number in _OF_PROGRAMS or (row and row.severity in ("error", "fatal")):
            continue
        what = f"{row.name}, {row.meaning}" if row and row.meaning else row.name if row else ""
        message = (
            f"Xid {number} ({count} times): {what or 'a number that the matrix does not know'}"
        )
        because = [receipt("xids", row)] if row else []
        yield finding(f"gpu:{place}", message, because=because)
