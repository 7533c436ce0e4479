"""The rows that a plan rests on, as values: what a lock keeps of them, and what is on record now."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import visible
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.store import Matrix, row_key

if TYPE_CHECKING:
    from torch_doctor.matrix.rows import Row


def locked_rows(receipts: Iterable[Receipt], matrix: Matrix) -> list[dict[str, Any]]:
    """Return the rows of *receipts*, each with where it is from and what it says."""
    return [
        {**one._asdict(), "values": values_of(one.row, matrix) or {}}
        for one in dict.fromkeys(receipts)
    ]


def values_of(key: str, matrix: Matrix) -> dict[str, Any] | None:
    """Return what the row with *key* says, field by field as JSON values; None where there is no such row.

    Where a row is from does not count: looking at it again changes nothing of what it says.
    """
    row = _row(key, matrix)
    if row is None:
        return None
    fields: dict[str, Any] = row._asdict()  # type: ignore[attr-defined]
    return {name: plain(value) for name, value in fields.items() if name != "origin"}


def plain(value: Any) -> Any:
    """Return a value as JSON has it, safe to print."""
    if isinstance(value, str):
        return visible(value, 1 << 15)
    if isinstance(value, dict):
        return {visible(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def _row(key: str, matrix: Matrix) -> Row | None:
    table = key.partition("/")[0]
    if table not in TABLES:
        return None
    return next((row for row in matrix.table(table) if row_key(table, row) == key), None)
