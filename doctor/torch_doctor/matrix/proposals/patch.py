"""Proposed rows and changed fields as one diff over a folder of YAML, which git apply takes.

The files are edited as text, so that their comments and their order stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from pathlib import Path

from torch_doctor.core.startup import regex
from torch_doctor.matrix.measured.differences import Difference
from torch_doctor.matrix.proposals.rows import Addition, quoted
from torch_doctor.matrix.source.compile import entries_in
from torch_doctor.matrix.source.decoding import Entry
from torch_doctor.matrix.store import row_key

_TABLE = regex(r"^[a-z_]+:", re.MULTILINE)


def as_diff(
    folder: Path, added: Iterable[Addition], changed: Sequence[Difference], source: str, day: str
) -> tuple[str, tuple[Difference, ...]]:
    """Return the diff, and the changes whose place was not found. *source* is where the changed fields were read."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}

    def text_of(place: str) -> str:
        if place not in after:
            file = folder / place
            before[place] = file.read_text(encoding="utf-8") if file.is_file() else ""
            after[place] = before[place] or _head(place)
        return after[place]

    left = []
    entries = {row_key(one.table, one.row): one for one in entries_in(folder)}
    there = [(entries[one.row], one) for one in changed if one.row in entries]
    # From the last line up: what is changed moves no line above it.
    for entry, one in sorted(
        there, key=lambda found: (found[0].line, found[1].field), reverse=True
    ):
        place = Path(entry.file).relative_to(folder).as_posix()
        edited = _changed(text_of(place), entry, one, source, day)
        if edited is None:
            left.append(one)
        else:
            after[place] = edited
    left += [one for one in changed if one.row not in entries]
    for row in added:
        after[row.place] = _added(text_of(row.place), row, day)
    return "".join(
        _diff(place, before[place], text) for place, text in sorted(after.items())
    ), tuple(left)


def _diff(place: str, before: str, after: str) -> str:
    name = f"a/matrix/{place}" if before else "/dev/null"
    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"b/matrix/{place}"
    )
    return "".join(lines)


def _head(place: str) -> str:
    folder, _, name = place.rpartition("/")
    schema = f"{'../' if folder else ''}schema/{folder or Path(name).stem}.schema.json"
    return f"# yaml-language-server: $schema={schema}\n"


def _added(text: str, row: Addition, day: str) -> str:
    """Put a row at the end of its table, or the table at the end of the file."""
    block = "".join(f"{line}\n" for line in _dated(row.lines, day))
    head = re.search(rf"^{row.table}:[ \t]*$", text, re.MULTILINE)
    if head is None:
        return f"{text.rstrip()}\n\n{row.table}:\n{block}"
    following = _TABLE.search(text, head.end())
    end = following.start() if following else len(text)
    # What stands before the next table belongs to that: blank lines, and the comments above its name.
    body = re.sub(r"(?:\n(?:#[^\n]*)?)*\Z", "\n", text[:end])
    return body + block + text[len(body) :]


def _dated(lines: tuple[str, ...], day: str) -> tuple[str, ...]:
    """Add the day to a row, which does not take the file's default: that was another day."""
    braces = re.fullmatch(r"(.*\S)\}(  #.*)?", lines[0])
    if braces and len(lines) == 1:
        return (f"{braces[1]}, checked: {day}}}{braces[2] or ''}",)
    last = next((i for i, line in enumerate(lines) if line.lstrip().startswith("#")), len(lines))
    return (*lines[:last], f"    checked: {day}", *lines[last:])


def _changed(text: str, entry: Entry, one: Difference, source: str, day: str) -> str | None:
    """Return the text with one field of a row changed, and the day; None where it has another form.

    The source joins that of the row, whose other fields are still from there.
    """
    lines = text.splitlines(keepends=True)
    line = end = entry.line
    while end < len(lines) and re.match(r"    +\S", lines[end]):
        end += 1
    row = "".join(lines[line - 1 : end])
    new = row
    sources = dict.fromkeys((*entry.row.origin.source.split(" ; "), source))
    fields = {one.field: quoted(one.found), "checked": day, "source": quoted(" ; ".join(sources))}
    for name, value in fields.items():
        new = _with_field(new, name, value)
    return "".join((*lines[: line - 1], new, *lines[end:])) if new != row else None


def _with_field(row: str, name: str, value: str) -> str:
    """Set one field of a row, in braces or in a block."""
    there = re.compile(rf'(?<=[\s{{,]){name}: *("(?:[^"\\]|\\.)*"|[^,}}\n#]+)')
    if there.search(row):
        return there.sub(lambda _: f"{name}: {value}", row, count=1)
    if re.match(r" *- *\{", row):
        closing = row.rindex("}")
        return f"{row[:closing]}, {name}: {value}{row[closing:]}"
    return f"{row.rstrip()}\n    {name}: {value}\n"
