"""An index of the words of a text: it tells which lines hold a literal, mostly without reading the text again.

One pass gathers every three letters in a row that any word has. A literal whose own are not all among them is in no
line, which is one comparison of sets; most literals that readers ask for are in no text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, cached_property, lru_cache
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
_LONG = 24  # letters; longer words are no words, and come once
_NOWHERE: list[int] = []


class Words(dict[str, list[int]]):
    """The words of *text*, which is in lower case.

    ``words[literal]`` are the indexes of the lines that contain a literal, which is in lower case, too; at most 3,000.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._places = _places(text)
        self._vocabulary = text if self._places is None else "\n".join(("", *self._places, ""))
        self._threes = None if self._places is None else _all_threes(self._places)
        self._is_ascii = text.isascii()
        self._runs: dict[str, list[int]] = {}

    def __missing__(self, literal: str) -> list[int]:
        run, threes = _sought(literal)
        likely = self._threes is None or threes <= self._threes
        self[literal] = found = self._search(literal, run)[:_ENOUGH] if likely else _NOWHERE
        return found

    def among(self, literals: tuple[str, ...]) -> list[str]:
        """Return those of *literals*, which are in lower case, that a line contains."""
        there = self._threes
        if there is None:
            return [literal for literal in literals if self[literal]]
        likely = [literal for literal, threes in _all_sought(literals) if threes <= there]
        return [literal for literal in likely if self[literal]]

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
def _sought(literal: str) -> tuple[str, frozenset[str]]:
    """Return the letters by which *literal* is looked up, none where they are too few, and every three of them."""
    run: str = max(_RUN.findall(literal), key=len, default="")
    return (run, _threes(run)) if len(run) >= _SHORT else ("", frozenset())


@cache
def _all_sought(literals: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((literal, _sought(literal)[1]) for literal in literals)


def _all_threes(words: Iterable[str]) -> frozenset[str]:
    """Return every three letters in a row of any of *words*; those of a word are remembered, most reports share them."""
    return frozenset().union(
        *(_threes(word) if len(word) <= _LONG else _threes.__wrapped__(word) for word in words)
    )


@lru_cache(8192)
def _threes(text: str) -> frozenset[str]:
    return frozenset([text[at : at + 3] for at in range(len(text) - 2)])
