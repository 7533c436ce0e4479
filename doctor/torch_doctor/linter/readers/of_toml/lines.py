"""TOML with the lines of what it holds: the parser of the standard library keeps none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.bounded.toml import TomlError, loads
from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import Any, regex
from torch_doctor.linter.record import Flaw
from torch_doctor.linter.text import SourceText, Spot

_HEADER = regex(r"\s*\[{1,2}\s*([^\]#]+?)\s*\]{1,2}\s*(?:#.*)?")


def parsed(source: SourceText, *, wide: bool = False) -> tuple[dict[str, Any], Flaw | None]:
    """Return what a file holds, or what is wrong with it; *wide* takes the inline tables of TOML 1.1, too."""
    try:
        return loads(source.text), None
    except TomlError as error:
        if wide and not error.is_deep:
            from torch_doctor.linter.readers.of_toml.wide_tables import narrowed

            return parsed(source._replace(text=narrowed(source.text)))
        return {}, _flaw(error, source.path)


def _flaw(error: TomlError, path: str) -> Flaw:
    spot = Spot(path, error.line, error.column)
    if error.is_deep:
        return Flaw("unreadable", Severity.WARNING, spot, "this nests too deeply to be read")
    fault = f"this is no TOML: {error.fault}"
    return Flaw("unreadable", Severity.ERROR, spot, fault, "mend the line")


class Lines:
    """Where texts and keys of a TOML file stand: by the table that a line is in."""

    def __init__(self, source: SourceText) -> None:
        self.path = source.path
        self._rows: list[tuple[str, int, str]] = []
        self._places: dict[tuple[str, str], Iterator[Spot]] = {}
        self._first: dict[tuple[str, str], Spot] = {}
        self._used: set[Spot] = set()
        self._of_table: dict[str, list[tuple[str, int, str]]] = {}
        table = ""
        for number, line in enumerate(source.lines, 1):
            header = _HEADER.fullmatch(line)
            if header and "=" not in header[1]:
                table = re.sub(r"[\"' ]", "", header[1])
            self._rows.append((table, number, line))

    def text(self, wanted: str, table: str) -> Spot:
        """Return where *wanted* stands between quotes in *table* or one below it; each place is taken once."""
        place = (wanted, table)
        # A place that was looked at once is not looked at again: a lock may name a package a thousand times.
        for spot in self._places.setdefault(place, self._standing(wanted, table)):
            self._first.setdefault(place, spot)
            if spot not in self._used:
                self._used.add(spot)
                return spot
        return self._first.get(place) or self.table(table)

    def _standing(self, wanted: str, table: str) -> Iterator[Spot]:
        pattern = re.compile(re.escape(wanted) + r"(?=[\"'])")
        for _, number, line in self._within(table):
            if wanted in line and not line.lstrip().startswith("#"):
                for match in pattern.finditer(line):
                    yield Spot(self.path, number, match.start() + 1)

    def key(self, key: str, table: str) -> Spot:
        """Return where a key of *table* is given its value."""
        pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]")
        for _, number, line in self._within(table):
            if pattern.match(line):
                return Spot(self.path, number, len(line) - len(line.lstrip()) + 1)
        pattern = re.compile(rf"(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*=")
        for _, number, line in self._within(table):
            if match := pattern.search(line):
                return Spot(self.path, number, match.start() + 1)
        return self.table(table)

    def table(self, table: str) -> Spot:
        """Return where a table begins; the first line where it has no line of its own."""
        for name, number, line in self._rows:
            if name == table and _HEADER.fullmatch(line):
                return Spot(self.path, number, 1)
        below = next((number for name, number, _ in self._rows if name.startswith(f"{table}.")), 1)
        return Spot(self.path, below, 1)

    def _within(self, table: str) -> list[tuple[str, int, str]]:
        if table not in self._of_table:
            self._of_table[table] = self._looked_up(table)
        return self._of_table[table]

    def _looked_up(self, table: str) -> list[tuple[str, int, str]]:
        rows = [row for row in self._rows if row[0] == table or row[0].startswith(f"{table}.")]
        parent, _, last = table.rpartition(".")
        return (
            rows
            or [row for row in self._rows if row[0] == parent and (not last or last in row[2])]
            or [row for row in self._rows if row[0] == parent]
        )


def at(document: Mapping[str, Any], *keys: str) -> Any:
    """Return the table behind *keys*; an empty one where there is none."""
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def texts(value: Any) -> list[str]:
    """Return the texts of a list; nothing of what is none."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
