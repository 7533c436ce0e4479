"""What stands in a document many times, written once: a list of distinct values, each named by its place."""

from __future__ import annotations

from collections.abc import Hashable

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple

# What stands in the words of a shared answer, for the page to fill in.
GPU, DRIVER, TORCH, VARIANT = "{gpu}", "{driver}", "{torch}", "{variant}"
OWN_BUILD, OWN_GPU = Receipt(TORCH, "", "", ""), Receipt(GPU, "", "", "")


class Numbered:
    """Distinct values in the order in which they came."""

    __slots__ = ("_places", "values")

    def __init__(self) -> None:
        self._places: dict[Hashable, int] = {}
        self.values: list[Any] = []

    def add(self, value: Hashable) -> int:
        """Return the place of *value*."""
        place = self._places.setdefault(value, len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place


class Tables(NamedTuple):
    """The shared values of one document: who refers to them holds a place.

    A reason is its words and the places of its rows; -1 stands for the row of the build itself, -2 for that of the GPU.
    """

    sources: Numbered
    rows: Numbered
    reasons: Numbered
    laws: Numbered

    def row(self, one: Receipt) -> int:
        """Return the place of a receipt."""
        if one == OWN_BUILD:
            return -1
        if one == OWN_GPU:
            return -2
        doubt = "" if one.confidence == "high" else one.confidence
        source = self.sources.add((one.source, one.how, one.checked, doubt))
        return self.rows.add((one.row, source))

    def reason(self, words: str, because: tuple[Receipt, ...]) -> int:
        """Return the place of a reason."""
        rows = tuple(dict.fromkeys(self.row(one) for one in because))
        return self.reasons.add((words, rows))


def tables() -> Tables:
    """Return empty tables."""
    return Tables(Numbered(), Numbered(), Numbered(), Numbered())


def number(parts: tuple[int, ...]) -> int:
    """Return a driver's release as one number that compares as the release does: 535.54.03 is 535054003."""
    branch, minor, patch = (*parts, 0, 0)[:3]
    return branch * 1_000_000 + minor * 1000 + patch
