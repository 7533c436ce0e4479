"""Tags of images that do not exist, or do not exist any more."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.text import listing
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import UNKNOWN, Edit, Flaw, ImageUse
from torch_doctor.matrix.images.answers import ImageAnswer
from torch_doctor.matrix.images.names import plain_reference
from torch_doctor.matrix.images.tags import image_named, means_the_same
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "image-tag-missing": "An image is asked for by a tag that was never published.",
    "image-tag-deleted": "An image is asked for by a tag that was deleted from its registry.",
}
_JUDGED = ("nvidia/cuda", "pytorch/pytorch", "nvcr.io/nvidia/pytorch")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield references to tags that are known not to exist; what is newer than the rows is not judged."""
    for use in project.images:
        if UNKNOWN in use.reference or "@" in use.reference:
            continue
        name = plain_reference(use.reference)
        repository, _, tag = name.partition(":")
        if repository in _JUDGED and (tag or repository == "nvidia/cuda"):
            answer = image_named(project.matrix, name)
            if answer.exists == "no":
                yield _flaw(use, answer)


def _flaw(use: ImageUse, answer: ImageAnswer) -> Flaw:
    problem = "image-tag-deleted" if answer.deleted else "image-tag-missing"
    near = [row.reference for row in answer.nearest[:3]]
    fix = f"use {listing(near, 'or')}" if near else "name a tag that exists"
    message = f"{answer.reference} does not exist: {answer.why}"
    mends = tuple(_mends(use, answer))
    return Flaw(problem, Severity.ERROR, use.spot, message, fix, _because(answer), mends=mends)


def _mends(use: ImageUse, answer: ImageAnswer) -> Iterator[tuple[Edit, ...]]:
    """What was meant, written right; another CUDA or torch is a choice that nobody makes for its author."""
    tag = answer.reference.partition(":")[2]
    for row in answer.nearest:
        if not tag or not means_the_same(answer.reference, row):
            continue
        new = row.reference.partition(":")[2]
        if use.written == tag:
            yield (Edit(use.spot, tag, new),)
        elif use.written.endswith(f":{tag}"):
            yield (Edit(use.spot, f":{tag}", f":{new}"),)


def _because(answer: ImageAnswer) -> tuple[Receipt, ...]:
    rows = [receipt("image_rules", rule) for rule in answer.rules[:2]]
    if answer.row is not None or not rows:
        nearest = (answer.row,) if answer.row is not None else answer.nearest[:1]
        rows += [receipt("images", row) for row in nearest]
    return tuple(rows)
