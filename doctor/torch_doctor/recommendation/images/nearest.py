"""Tags near one that does not exist or does not run: those that exist and, where the machine is known, run there."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.matrix.images.answers import REAL
from torch_doctor.matrix.images.tags import by_nearness
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.rows import Image
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.images.judged import NO, YES, ImageVerdict, verdict_on

_SHOWN = 3
# Rows that are judged at most: an answer must not take longer than the question is worth.
_TRIED = 400
_COMPARED = 5000


def with_nearest(found: ImageVerdict, machine: Machine, matrix: Matrix) -> ImageVerdict:
    """Return *found* with the nearest tags, where it is a no or not known to exist."""
    if NO not in (found.answer.exists, found.runs) and found.answer.exists == YES:
        return found
    known = bool(machine.gpus)
    near = []
    for row in _candidates(found, matrix):
        one = verdict_on(row.reference, machine, matrix)
        if one.answer.exists == YES and (one.runs == YES or not known):
            near.append(one)
        if len(near) == _SHOWN:
            break
    near = near or [verdict_on(name, machine, matrix) for name in _alike(found)]
    return found._replace(nearest=tuple(near))


def _candidates(found: ImageVerdict, matrix: Matrix) -> Iterator[Image]:
    repository = _repository(found)
    there = found.absence.tags if found.absence else ()
    rows = [
        row
        for row in matrix.images
        if row.status in REAL
        and row.reference.partition(":")[0] == repository
        and row.reference != found.answer.reference
        and row.reference.endswith("-igpu") == found.answer.reference.endswith("-igpu")
        and (not there or row.reference.partition(":")[2] in there)
    ]
    kind = found.inside.kind
    alike = [row for row in rows if kind is None or row.kind == kind]
    yield from by_nearness(found.answer.reference, alike)[:_TRIED]


def _alike(found: ImageVerdict) -> Iterator[str]:
    """Tags that the registry named instead, and that are written alike: what is inside them is not known."""
    if found.absence is None:
        return
    from difflib import get_close_matches

    tag = found.answer.reference.rpartition(":")[2]
    for near in get_close_matches(tag, found.absence.tags[:_COMPARED], _SHOWN, 0.5):
        yield f"{_repository(found)}:{near}"


def _repository(found: ImageVerdict) -> str:
    name = found.answer.reference.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
