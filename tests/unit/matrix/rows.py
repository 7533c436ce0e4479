"""The rows of the matrix, for the tests of what must hold of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.store import Matrix, row_key


@cache
def matrix() -> Matrix:
    return load_matrix()


def rows(table: str) -> tuple[Any, ...]:
    return matrix().table(table)


def bad(table: str, wrong: Iterable[Any]) -> list[str]:
    """Name the rows that are wrong, so that a failing test names them."""
    return [row_key(table, row) for row in wrong]
