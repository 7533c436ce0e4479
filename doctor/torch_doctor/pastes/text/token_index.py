"""An index of the words of a text: it tells which lines hold a literal, mostly without reading the text again.

One pass gathers every three signs in a row that stand between blanks. A literal whose own are not all among them is in
no line, which is one comparison of sets; most literals that readers ask for are in no text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache, cached_property, lru_cache
from io import StringIO
from itertools import accumulate

from torch_doctor.core.startup import regex

# Whatever is no letter parts words: numbers and addresses are many, and hardly a literal is made of them.
_LETTERS = bytes(sign if sign == 10 or 97 <= sign <= 122 else 32 for sign in range(256))
# Among the signs in a row one figure is as good as another.
_SIGNS = bytes(48 if 48 <= sign <= 57 else sign for sign in range(256))
_RUN = regex(r"[a-z]+")
_SHORT = 2  # letters; shorter runs are in too many words
_ENOUGH = (
    3000  # lines with one literal; a log that repeats an error a million times says nothing new
)
_MOST = 50_000  # different words of one text: more are no language, and would fill the memory
_LONG = 40  # signs; what is longer is no word, and comes once
_NOWHERE: list[int] = []
_MOST_ASKED = 3000  # literals; readers have about a thousand
_COMMON = "zqxjkvbpygfwmucldrhsnioate"  # the letters of English, the rarest first


class Words(dict[str, list[int]]):
    """The words of *text*, which is in lower case.

    ``words[literal]`` are the indexes of the lines that contain a literal, which is in lower case, too; at most 3,000.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._places = _places(text)
        self._vocabulary = text if self._places is None else "\n".join(("", *self._places, ""))
        self._threes = None if self._places is None else _all_threes(_parts(text))
        self._is_ascii = text.isascii()
        self._runs: dict[str, list[int]] = {}
        self._where: dict[re.Pattern[str], AbstractSet[int]] = {}
        if self._threes is not None:
            super().__init__(_asked_for.absent_from(self._threes, in_ascii=self._is_ascii))

    def __missing__(self, literal: str) -> list[int]:
        run, threes = _sought(literal)
        likely = self._threes is None or threes <= self._threes
        self[literal] = found = self._search(literal, run)[:_ENOUGH] if likely else _NOWHERE
        return found

    def alone(self, word: str) -> list[int]:
        """Return the indexes of the lines in which *word*, of small letters of ASCII, stands with no such letter beside it."""
        return self[word] if self._places is None else self._places.get(word, _NOWHERE)

    def among(self, literals: tuple[str, ...]) -> list[str]:
        """Return those of *literals*, which are in lower case, that a line contains."""
        return [literal for literal in literals if self[literal]]

    def where(self, pattern: re.Pattern[str], alone: tuple[str, ...]) -> AbstractSet[int]:
        """Return the indexes of the lines that may hold *pattern*, told by the words that it needs.

        Those of *alone* stand by themselves in every match. What is not in ASCII the pattern alone can tell.
        """
        found = self._where.get(pattern)
        if found is None:
            needs: tuple[str, ...] = pattern.needs  # type: ignore[attr-defined]
            places = [*map(self.alone, alone), *(self[one] for one in needs if one not in alone)]
            many = any(len(lines) >= _ENOUGH for lines in places)
            found = frozenset(range(len(self._lines))) if many else self._foreign.union(*places)
            self._where[pattern] = found
        return found

    @cached_property
    def _foreign(self) -> frozenset[int]:
        """The indexes of the lines that are not in ASCII."""
        every = () if self._is_ascii else enumerate(self._lines)
        return frozenset(index for index, line in every if not line.isascii())

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


class _AskedFor:
    """The literals that readers ask of every text: those that a text has not are told at once, and not one by one."""

    def __init__(self) -> None:
        self._by_three: dict[str, list[tuple[str, frozenset[str]]]] = {}
        self._nowhere: dict[str, list[int]] = {}
        self._nowhere_in_ascii: dict[str, list[int]] = {}

    def add(self, literal: str, threes: frozenset[str]) -> None:
        """Remember *literal*, which is in no text that lacks one of *threes*."""
        if len(self._nowhere_in_ascii) >= _MOST_ASKED:
            return
        if threes or not literal.isascii():
            self._nowhere_in_ascii[literal] = _NOWHERE
        if threes:
            rarest = min(threes, key=_how_common)
            self._by_three.setdefault(rarest, []).append((literal, threes))
            self._nowhere[literal] = _NOWHERE

    def absent_from(self, there: AbstractSet[str], *, in_ascii: bool) -> dict[str, list[int]]:
        """Return, with no place, the literals that need three signs which are not *there*, or that are not in ASCII."""
        absent = (self._nowhere_in_ascii if in_ascii else self._nowhere).copy()
        for three in self._by_three.keys() & there:
            for literal, threes in self._by_three[three]:
                if threes <= there and (literal.isascii() or not in_ascii):
                    absent.pop(literal, None)
        return absent


def _how_common(three: str) -> int:
    return sum(map(_COMMON.find, three))


_asked_for = _AskedFor()


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
    """Return the letters by which *literal* is looked up, none where they are too few, and every three signs of it."""
    run: str = max(_RUN.findall(literal), key=len, default="")
    threes = _all_threes(_parts(literal))
    _asked_for.add(literal, threes)
    return (run, threes) if len(run) >= _SHORT else ("", threes)


def _parts(text: str) -> set[str]:
    """Return what stands between the blanks of *text*, with one figure for all and one sign for what is not in ASCII."""
    return set(text.encode("ascii", "replace").translate(_SIGNS).decode("ascii").split())


def _all_threes(words: Iterable[str]) -> frozenset[str]:
    """Return every three signs in a row of any of *words*; those of a word are remembered, most reports share them."""
    return frozenset().union(
        *(_threes(word) if len(word) <= _LONG else _threes.__wrapped__(word) for word in words)
    )


@lru_cache(8192)
def _threes(text: str) -> frozenset[str]:
    return frozenset([text[at : at + 3] for at in range(len(text) - 2)])
