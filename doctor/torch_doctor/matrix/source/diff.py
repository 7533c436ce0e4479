"""Two matrices compared row by row: what was added, what is gone and which fields say something else."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.store import Matrix, row_key


class RowChange(NamedTuple):
    """One row that differs. *kind* is added, removed or changed; *fields* are (name, before, after), sources too."""

    kind: str
    row: str
    fields: tuple[tuple[str, Any, Any], ...] = ()


def changes(before: Matrix, after: Matrix) -> Iterator[RowChange]:
    """Yield every row of one matrix that the other lacks or has otherwise, table by table in the order of *after*."""
    for table in TABLES:
        old = {row_key(table, row): row for row in before.table(table)}
        new = {row_key(table, row): row for row in after.table(table)}
        yield from (RowChange("removed", key) for key in old if key not in new)
        for key, row in new.items():
            if key not in old:
                yield RowChange("added", key)
            elif old[key] != row:
                yield RowChange("changed", key, tuple(_fields(old[key], row)))


def _fields(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    for name in old._fields:
        one, other = getattr(old, name), getattr(new, name)
        if one == other:
            continue
        if name == "origin":
            yield from _fields(one, other)
        else:
            yield name, one, other
