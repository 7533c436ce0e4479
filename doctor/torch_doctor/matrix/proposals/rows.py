"""A proposed row, and rows as YAML in the form of matrix/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple


class Proposed(NamedTuple):
    """A row of *table* by its key. *unfilled* are (field, hint) that a person has to give before it compiles.

    *how* and *source* are None where they are those of the whole proposal.
    """

    table: str
    key: str
    cells: tuple[tuple[str, Any], ...]
    unfilled: tuple[tuple[str, str], ...] = ()
    source: str | None = None
    how: str | None = None


class Addition(NamedTuple):
    """A row as lines of YAML, for a *table* in the file *place* of the folder."""

    place: str
    table: str
    lines: tuple[str, ...]


def as_yaml(found: Iterable[Proposed], source: str, day: str, how: str) -> str:
    """Return rows, table by table, with their origin; empty where there is none."""
    by_table: dict[str, list[Proposed]] = {}
    for row in found:
        by_table.setdefault(row.table, []).append(row)
    if not by_table:
        return ""
    lines = [f"defaults: {{checked: {day}, how: {how}, source: {quoted(source)}}}"]
    for table, rows in by_table.items():
        lines += ["", f"{table}:", *(line for row in rows for line in row_lines(row))]
    return "\n".join(lines) + "\n"


def row_lines(row: Proposed) -> Iterator[str]:
    """Yield a row as a block of YAML."""
    start = "  - "
    for name, value in row.cells:
        yield f"{start}{name}: {written(value)}"
        start = "    "
    for name, value in (("source", row.source), ("how", row.how)):
        if value is not None:
            yield f"    {name}: {written(value)}"
    for name, hint in row.unfilled:
        yield f"    # {name} is to be filled in: {one_line(hint, 200)}"


def written(value: Any) -> str:
    """Return a cell as YAML on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{quoted(name)}: {quoted(text)}" for name, text in value.items()) + "}"
        )
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    return quoted(value)


def quoted(text: str) -> str:
    """Return text as a YAML scalar in double quotes."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
