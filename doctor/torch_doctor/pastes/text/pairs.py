"""Lines of the form ``key : value``, in all the shapes that reports write them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple

_ENOUGH = 3000  # pairs of one key
_DECORATION = " \t-*_`|\"'•·#>{[(,–"
_TUPLE = regex(
    r"[('\"{,]\s{0,4}['\"]([A-Za-z][^'\"]{0,60})['\"]\s{0,3}[,:]\s{0,3}['\"]([^'\"]{0,1500})['\"]"
)
_EXAMPLE = regex(r"\s*\(e\.g\.[^()]{0,60}\)?")
_NUMBERED = regex(r"\W{0,12}([A-Za-z][A-Za-z /_-]{2,40}?)\s{1,40}v?(\d[\w.+:-]{0,60})\s*$")


class Pair(NamedTuple):
    """One key and its value; *at* is the clean line, so that what follows can be read too."""

    key: str
    value: str
    at: int


class Pairs:
    """The pairs of clean lines, by key: a report has hundreds, and a reader asks for a few."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._by_key: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for at, line in enumerate(lines):
            colon = line.find(":", 0, 90)
            if colon > 0:
                self._add(line[:colon], line[colon + 1 :], at)
            if colon < 0 or "'" in line or '"' in line or line[0] == "|":
                for key, value in _without_colon(line, colon):
                    self._add(key, value, at)

    def _add(self, key: str, value: str, at: int) -> None:
        alike = self._by_key[_plain(key)]
        if len(alike) < _ENOUGH:
            alike.append((at, value))

    def of(self, keys: AbstractSet[str]) -> list[Pair]:
        """Return the pairs with one of *keys*, in the order of their lines."""
        found = [
            Pair(key, _bare(value), at)
            for key in self._by_key.keys() & keys
            for at, value in self._by_key[key]
        ]
        return sorted(found, key=_place)

    def like(self, part: str) -> list[Pair]:
        """Return the pairs whose key contains *part*, in the order of their lines."""
        return self.of({key for key in self._by_key if part in key})


def _bare(value: str) -> str:
    value = value.strip(" \t*`'\",")
    # the marks of quoted lines that were joined
    return value.rstrip(" >") if value.endswith(" >") else value


def _place(pair: Pair) -> tuple[int, str]:
    return pair.at, pair.key


def _without_colon(line: str, colon: int) -> Iterator[tuple[str, str]]:
    """Yield every ``('key', 'value')``, ``| key | value |`` and, where there is no *colon*, ``key  1.2``."""
    if ("('" in line or "':" in line or '":' in line) and len(line) > 12:
        for match in _TUPLE.finditer(line):
            yield match[1], match[2]
    elif line.startswith("|") and line.count("|") == 3:
        _, key, value, _ = line.split("|")
        yield key, value
    elif colon < 0 and len(line) < 100:
        last = line.rpartition(" ")[2][:2]
        numbered = _NUMBERED.match(line) if last.lstrip("v")[:1].isdigit() else None
        if numbered:
            yield numbered[1], numbered[2]


def _plain(key: str) -> str:
    """Return a key in lower case and without decoration, as handlers name it."""
    if "e.g." in key:
        key = _EXAMPLE.sub("", key)  # "PyTorch Version (e.g., 1.0)" of an issue template
    return " ".join(key.strip(_DECORATION).lower().rstrip(" *`_)]'\".…").split())
