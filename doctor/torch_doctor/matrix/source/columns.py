"""The columns of a row type: its annotations are the schema."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from torch_doctor.core.tuples import NamedTuple


class Column(NamedTuple):
    """A field of a row type. *shape* is str, int, bool, strs, ints, pairs or triples."""

    name: str
    shape: str
    optional: bool

    @property
    def omittable(self) -> bool:
        """Whether a row may leave the field out, because it may be None or empty."""
        return self.optional or self.shape in ("strs", "ints", "pairs", "triples")


@cache
def columns(row: type) -> tuple[Column, ...]:
    """Return the columns of a row type, without its origin."""
    hints = get_type_hints(row)
    return tuple(_column(name, hint) for name, hint in hints.items() if name != "origin")


def _column(name: str, hint: Any) -> Column:
    optional = get_origin(hint) is UnionType or type(None) in get_args(hint)
    if optional:
        (hint,) = (arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is not tuple:
        return Column(name, hint.__name__, optional)
    inner = get_args(hint)[0]
    if get_origin(inner) is tuple:
        return Column(name, "pairs" if len(get_args(inner)) == 2 else "triples", optional)
    return Column(name, f"{inner.__name__}s", optional)
