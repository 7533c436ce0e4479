"""The map of a fleet: one square a node in the order of their names, or one for several where there are very many."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.render.fleet.view import title

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import FleetAnswer

# More squares make a page slow, and nobody tells them apart.
MOST = 4000
# From the worst on.
TONES = {
    "broken": "error",
    "silent": "absent",
    "undecided": "unknown",
    "degraded": "warning",
    "cpu-only": "note",
    "healthy": "ok",
}
MARKS = {"broken": "✗", "silent": "–", "undecided": "?", "degraded": "!", "cpu-only": "·", "healthy": "✓"}  # fmt: skip


class Square(NamedTuple):
    """Some nodes: the worst verdict of them, what they are, and where on the page more is said."""

    verdict: str
    words: str
    anchor: str
    nodes: int


def squares(answer: FleetAnswer) -> Iterator[Square]:
    """Yield the squares in the order of the names, numbers by their size."""
    found: dict[str, tuple[str, str, str]] = {}
    for number, group in enumerate(answer.groups, 1):
        for name in group.nodes:
            found[name] = (group.verdict, title(group), f"group-{number}")
    for name in answer.silent:
        found[name] = ("silent", "silent", "silent")
    names = sorted(found, key=_by_number)
    many = -(-len(names) // MOST) or 1
    for start in range(0, len(names), many):
        part = names[start : start + many]
        verdict, words, anchor = min(
            (found[name] for name in part), key=lambda one: list(TONES).index(one[0])
        )
        if len(part) == 1:
            yield Square(verdict, f"{part[0]}: {words}", anchor, 1)
        else:
            verdicts = [found[name][0] for name in part]
            counts = [f"{verdicts.count(one)} {one}" for one in TONES if one in verdicts]
            words = f"{part[0]} to {part[-1]}: {listing(counts)}"
            yield Square(verdict, words, anchor, len(part))


def _by_number(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part[:18]), part) if part[:1].isdigit() else (1, 0, part) for part in parts]
