"""A text whose lines are changed one by one: a pattern is tried on the lines alone that hold a word of every match."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

# Of each group of words, which are in lower case, every match contains one.
Needs = tuple[tuple[str, ...], ...]


class Rows:
    """The lines of *text*; what holds a word is told without a pattern."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded = text.lower()
        self._found: dict[tuple[str, ...], list[int]] = {}

    @cached_property
    def lines(self) -> list[str]:
        """Each as it stands."""
        return self._text.split("\n")

    @cached_property
    def _low(self) -> list[str]:
        return self._folded.split("\n")

    def holding(self, needs: Needs) -> list[int]:
        """Return the indexes of the lines that hold a word of every group of *needs*."""
        if not _holds_all(self._folded, needs):
            return []  # most words are in no text: one look tells
        *others, last = needs
        return [index for index in self._with_any(last) if _holds_all(self._low[index], others)]

    def _with_any(self, words: tuple[str, ...]) -> list[int]:
        """Return the indexes of the lines with one of *words*: the last group, which many patterns have in common."""
        found = self._found.get(words)
        if found is None:
            found = [index for index, line in enumerate(self._low) if _holds_any(line, words)]
            self._found[words] = found
        return found

    def with_(self, changed: dict[int, str]) -> str:
        """Return the text with other lines in place of those at the indexes of *changed*."""
        if not changed:
            return self._text
        return "\n".join(changed.get(index, line) for index, line in enumerate(self.lines))


def _holds_all(text: str, needs: Iterable[tuple[str, ...]]) -> bool:
    for words in needs:  # noqa: SIM110  a generator of its own would take longer than the search
        if not _holds_any(text, words):
            return False
    return True


def _holds_any(text: str, words: Iterable[str]) -> bool:
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False
