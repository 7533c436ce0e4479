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


def with_nearest(found: ImageVerdict, machine: Machine, matrix: Matrix) -> ImageVerdict:
    """Return *found* with the nearest tags, where it is a no."""
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
    return found._replace(nearest=tuple(near))


def _candidates(found: ImageVerdict, matrix: Matrix) -> Iterator[Image]:
    repository = found.answer.reference.partition(":")[0].partition("@")[0]
    rows = [
        row
        for row in matrix.images
        if row.status in REAL
        and row.reference.partition(":")[0] == repository
        and row.reference != found.answer.reference
        and row.reference.endswith("-igpu") == found.answer.reference.endswith("-igpu")
    ]
    kind = found.inside.kind
    alike = [row for row in rows if kind is None or row.kind == kind]
    yield from by_nearness(found.answer.reference, alike)[:_TRIED]
