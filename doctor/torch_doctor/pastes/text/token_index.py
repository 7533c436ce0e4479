"""An index of the words of a text: it tells which lines hold a literal, mostly without reading the text again."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from functools import cache, cached_property
from io import StringIO
from itertools import accumulate

from torch_doctor.core.startup import regex

# Whatever is no letter parts words: numbers and addresses are many, and hardly a literal is made of them.
_LETTERS = bytes(sign if sign == 10 or 97 <= sign <= 122 else 32 for sign in range(256))
_RUN = regex(r"[a-z]+")
_SHORT = 2  # letters; shorter runs are in too many words
_ENOUGH = (
    3000  # lines with one literal; a log that repeats an error a million times says nothing new
)
_MOST = 50_000  # different words of one text: more are no language, and would fill the memory


class Words:
    """The words of *text*, which is in lower case."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._places = _places(text)
        self._vocabulary = text if self._places is None else "\n".join(("", *self._places, ""))
        self._is_ascii = text.isascii()
        self._runs: dict[str, list[int]] = {}
        self._found: dict[str, list[int]] = {}

    def holding(self, literal: str) -> list[int]:
        """Return the indexes of the lines that contain *literal*, which is in lower case; at most 3,000."""
        found = self._found.get(literal)
        if found is None:
            found = self._search(literal, _longest_run(literal))[:_ENOUGH]
            self._found[literal] = found
        return found

    def among(self, literals: tuple[str, ...]) -> list[str]:
        """Return those of *literals*, which are in lower case, that a line contains."""
        words = self._vocabulary
        likely = [literal for literal, run in _with_runs(literals) if run in words]
        return [literal for literal in likely if self.holding(literal)]

    def _search(self, literal: str, run: str) -> list[int]:
        if run not in self._vocabulary or (self._is_ascii and not literal.isascii()):
            return []  # most literals are in no text
        if self._places is None or not run:
            return self._read(literal)
        found = self._runs.get(run)
        if found is None:
            found = self._with_run(run, self._places)
            self._runs[run] = found
        if literal != run:
            found = [index for index in found if literal in self._lines[index]]
        return found

    def _read(self, literal: str) -> list[int]:
        """Look in the text itself, from line to line, until there are enough."""
        found: list[int] = []
        at = self._text.find(literal)
        while at >= 0 and len(found) < _ENOUGH:
            found.append(bisect_right(self._starts, at) - 1)
            last = found[-1] + 1 == len(self._starts)
            at = -1 if last else self._text.find(literal, self._starts[found[-1] + 1])
        return found

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins in the text."""
        return [0, *accumulate(len(line) + 1 for line in self._lines[:-1])]

    def _with_run(self, run: str, places: dict[str, list[int]]) -> list[int]:
        words = self._vocabulary
        found: list[int] = []
        at = words.find(run)
        while at >= 0:
            end = words.find("\n", at)
            found += places[words[words.rfind("\n", 0, at) + 1 : end]]
            at = words.find(run, end)
        return sorted(set(found)) if found else found


def _places(text: str) -> dict[str, list[int]] | None:
    """Return the lines of each word; None where the words are too many."""
    letters = text.encode("ascii", "replace").translate(_LETTERS).decode("ascii")
    places: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(StringIO(letters)):
        for word in row.split():
            places[word].append(index)
        if len(places) > _MOST:
            return None
    return places


@cache
def _longest_run(literal: str) -> str:
    """Return the letters by which *literal* is looked up; none where they are too few."""
    run: str = max(_RUN.findall(literal), key=len, default="")
    return run if len(run) >= _SHORT else ""


@cache
def _with_runs(literals: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((literal, _longest_run(literal)) for literal in literals)
