"""Which other Python or C library would do: those on which all of the question runs, not only torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.text import listing
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.reasons import python_words
from torch_doctor.recommendation.solving.solve import Accepted, serving


def other_python(
    best: Accepted, machines: Sequence[Machine], constraints: Constraints, matrix: Matrix
) -> str | None:
    """Name the Pythons of a build on which it serves; None where there is none."""
    words = []
    for tag in best.candidate.rows[0].python_tags or ():
        changed = tuple(machine._replace(python_tag=tag, python=None) for machine in machines)
        if any(serving((best.candidate,), changed, constraints, matrix)):
            word = python_words(tag).removeprefix("Python ")
            there = [one.python for one in machines if one.python and one.python_tag == tag]
            words.append(f"{word} (but not {there[0]})" if there else word)
    return f"another Python: {listing(words, 'or')}" if words else None


def other_glibc(
    best: Accepted, machines: Sequence[Machine], constraints: Constraints, matrix: Matrix
) -> str | None:
    """Name the oldest glibc on which a build serves; None where there is none."""
    for numbers in sorted(set(_asked_for(best.candidate.rows[0], constraints, matrix))):
        changed = tuple(machine._replace(glibc=numbers) for machine in machines)
        if any(serving((best.candidate,), changed, constraints, matrix)):
            oldest = ".".join(map(str, numbers))
            return f"a system or container with glibc {oldest} or newer"
    return None


def _asked_for(row: TorchBuild, asked: Constraints, matrix: Matrix) -> Iterator[tuple[int, int]]:
    """Yield the C libraries that torch and the packages ask for."""
    texts = [row.glibc]
    if asked.companions:
        from torch_doctor.recommendation.solving.companions.shelf import shelf

        for companion in asked.companions:
            every = shelf(matrix).releases(companion).every
            texts += (build.glibc for release in every for build in release.builds)
    for text in filter(None, texts):
        major, _, minor = text.partition(".")
        yield int(major), int(minor)
