"""The tables in memory: typed rows made when first asked for, and the receipt of each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from torch_doctor.core.finding import Receipt
from torch_doctor.matrix.rows import TABLES, Provenance


class MatrixError(Exception):
    """The matrix cannot be read; the message names the file, the line and the cure."""


class Matrix:
    """The compiled matrix. Each table is an attribute that holds its rows: ``matrix.gpus``, ``matrix.torch_builds``.

    *version* is the date of its newest row, *digest* identifies its content.
    """

    def __init__(self, index: dict[str, Any], read: Any) -> None:
        self.version: str = index["version"]
        self.digest: str = index["digest"]
        self._read = read
        self._rows: dict[str, tuple[Any, ...]] = {}

    def __getattr__(self, table: str) -> tuple[Any, ...]:
        if table not in TABLES:
            msg = f"the matrix has no table {table!r}"
            raise AttributeError(msg)
        if table not in self._rows:
            self._rows[table] = tuple(rows_of(TABLES[table].row, self._read(table)))
        return self._rows[table]

    def table(self, name: str) -> tuple[Any, ...]:
        """Return the rows of one table; raise AttributeError where there is no such table."""
        return tuple(getattr(self, name))

    def select(self, table: str, **wanted: str) -> tuple[Any, ...]:
        """Return the rows of one table whose fields are as *wanted*, without making all the others."""
        if table in self._rows:
            there = self._rows[table]
            return tuple(r for r in there if all(getattr(r, k) == v for k, v in wanted.items()))
        kind: Any = TABLES[table].row
        document = self._read(table)
        places = [(kind._fields.index(name), value) for name, value in wanted.items()]
        rows = [row for row in document["rows"] if all(row[i] == value for i, value in places)]
        return tuple(rows_of(kind, {**document, "rows": rows}))

    @cached_property
    def cache(self) -> dict[Any, Any]:
        """Memory of the queries, as long as this matrix lives."""
        return {}


def row_key(table: str, row: Any) -> str:
    """Return the key that names a row in reports, ``torch_builds/2.8.0/cu128/linux-x86_64``."""
    return "/".join((table, *(str(getattr(row, field)) for field in TABLES[table].key)))


def receipt(table: str, row: Any) -> Receipt:
    """Return the receipt of a row, for a finding's *because*."""
    origin: Provenance = row.origin
    return Receipt(
        row_key(table, row), origin.source, origin.checked, origin.how, origin.confidence
    )


def rows_of(kind: Any, document: dict[str, Any]) -> Iterator[Any]:
    """Yield the typed rows of one compiled table."""
    origins = [Provenance(*origin) for origin in document["sources"]]
    for *cells, origin in document["rows"]:
        values = [_frozen(cell) if type(cell) is list else cell for cell in cells]
        yield kind._make((*values, origins[origin]))


def _frozen(cell: list[Any]) -> tuple[Any, ...]:
    """Return a list, or a list of lists (nothing nests deeper), as tuples."""
    return tuple(map(tuple, cell)) if cell and type(cell[0]) is list else tuple(cell)
