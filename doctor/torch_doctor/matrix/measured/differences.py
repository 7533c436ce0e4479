"""Where a row and what was read from a wheel say different things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.store import row_key

if TYPE_CHECKING:
    from torch_doctor.core.startup import Protocol
    from torch_doctor.matrix.rows import Row

    class Reading(Protocol):
        """What was read; *unread* are the fields that could not be, with the reason."""

        @property
        def unread(self) -> tuple[tuple[str, str], ...]:
            """Return the names of fields and why each was not read."""


class Difference(NamedTuple):
    """One field of one row that says something else than the wheel; *explained* where the row's own note names it."""

    row: str
    field: str
    recorded: str
    found: str
    explained: bool = False


def worded(found: Difference) -> str:
    """Return a difference in one line."""
    tail = " (the row's note says so)" if found.explained else ""
    return f"{found.row} {found.field}: the row says {found.recorded}; the wheel says {found.found}{tail}"


def field_differences(
    table: str, row: Row, measured: Reading, names: Iterable[str]
) -> Iterator[Difference]:
    """Yield the fields of *names* in which a row and what was read disagree; unread ones agree with anything."""
    unread = dict(measured.unread)
    for name in names:
        if name not in unread:
            yield from field_difference(table, row, name, getattr(measured, name))


def field_difference(table: str, row: Row, name: str, found: Any) -> Iterator[Difference]:
    """Yield how one field of a row differs from what was *found*, where it does."""
    recorded = getattr(row, name)
    if _comparable(name, recorded) != _comparable(name, found):
        wheel_says = shown(found)
        remarks = f"{row.origin.note or ''} {row.origin.dispute or ''}"
        explained = found is not None and wheel_says in remarks
        yield Difference(row_key(table, row), name, shown(recorded), wheel_says, explained)


def _comparable(name: str, value: Any) -> object:
    """Order says nothing but where it is written; a requirement may list its ranges in any order."""
    if name == "pins":
        return {key: frozenset(text.split(",")) for key, text in value}
    if name == "requires_python" and value:
        return frozenset(part.strip() for part in value.split(","))
    return frozenset(value) if isinstance(value, tuple) else value


def shown(value: object) -> str:
    """Return a value of a row, or of a wheel, in words."""
    if value is None:
        return "not recorded"
    if isinstance(value, tuple):
        return " ".join(" ".join(v) if isinstance(v, tuple) else str(v) for v in value) or "none"
    return str(value)
