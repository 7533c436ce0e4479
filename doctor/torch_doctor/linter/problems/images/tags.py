"""Tags of images that do not exist, or do not exist any more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.text import listing
from torch_doctor.linter.evaluate.systems import plain_reference, system_named
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import UNKNOWN, Flaw, ImageUse
from torch_doctor.matrix.images import image_named
from torch_doctor.matrix.rows import Image, ImageRule
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "image-tag-missing": "An image is asked for by a tag that was never published.",
    "image-tag-deleted": "An image is asked for by a tag that was deleted from its registry.",
}

# So many newer minors end the point releases of one: the row that begins with these words says why.
_SETTLED = 4
_ENDED = "no minor of CUDA got a point release after four"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield references to tags that are known not to exist; what is newer than the rows is not judged."""
    for use in project.images:
        if UNKNOWN in use.reference or "@" in use.reference:
            continue
        name = plain_reference(use.reference)
        if (
            name.startswith(("nvidia/cuda:", "nvidia/cuda"))
            and name.partition(":")[0] == "nvidia/cuda"
        ):
            yield from _cuda(use, name, project.matrix)
        elif name.startswith("pytorch/pytorch:"):
            yield from _pytorch(use, name, project.matrix)
        elif name.startswith("nvcr.io/nvidia/pytorch:"):
            yield from _ngc(use, name, project.matrix)


def _pytorch(use: ImageUse, name: str, matrix: Matrix) -> Iterator[Flaw]:
    answer = image_named(matrix, name)
    if answer.exists != "no":
        return
    rows = [receipt("image_rules", row) for row in answer.rules[:1]]
    rows += [receipt("images", row) for row in (answer.row, *answer.nearest[:1]) if row]
    near = [row.reference for row in answer.nearest[:3]]
    yield _flaw("image-tag-missing", use, f"{name} does not exist: {answer.why}", near, tuple(rows))


def _cuda(use: ImageUse, name: str, matrix: Matrix) -> Iterator[Flaw]:
    tag = name.partition(":")[2]
    rules = matrix.select(ImageRule, family="nvidia-cuda")
    if tag in ("", "latest"):
        because = tuple(receipt("image_rules", r) for r in rules if "no tag latest" in r.fact)
        message = (
            "nvidia/cuda has no tag latest: a release of CUDA, a flavour and a system must be named"
        )
        yield _flaw("image-tag-missing", use, message, _newest(matrix), because)
        return
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(?=-|$)", tag)
    if match is None:
        return
    rows = matrix.select(Image, family="nvidia-cuda")
    row = next((one for one in rows if one.reference == name), None)
    near = _near(name, rows)
    if row is not None:
        if row.status == "absent":
            message = f"{name} was deleted from Docker Hub"
            yield _flaw("image-tag-deleted", use, message, near, (receipt("images", row),))
        return
    deleted = tuple(receipt("image_rules", r) for r in rules if "were deleted" in r.fact)
    if int(match[1]) < 11 or (match[3] is None and match[1] == "11" and int(match[2]) < 2):
        message = f"{name} was deleted from Docker Hub, with all tags of its kind"
        yield _flaw("image-tag-deleted", use, message, near, deleted)
    elif why := _unpublished(match, tag, rows, matrix):
        message = f"{name} does not exist: {why}"
        named = ("tags of", _ENDED) if _is_past(match[0], rows) else ("tags of",)
        because = tuple(receipt("image_rules", r) for r in rules if r.fact.startswith(named))
        yield _flaw("image-tag-missing", use, message, near, because)


def _unpublished(match: re.Match[str], tag: str, rows: tuple[Image, ...], matrix: Matrix) -> str:
    """Return why a tag that is not on record was never there; empty where it may be."""
    cuda = match[0]
    if match[3] is None:
        named = tag == cuda or tag.startswith(f"{cuda}-")
        return "tags name all three numbers of a toolkit" if named else ""
    if _is_invented(match, tag, rows, matrix):
        return "no toolkit had so many updates, or no system has this name yet"
    if _may_be_left_out(tag, matrix):
        return ""
    if _is_complete(cuda, rows):
        return f"the tags of CUDA {cuda} are on record, and this is none of them"
    settled = _is_between(cuda, rows) or _is_past(cuda, rows)
    return f"there are no images of CUDA {cuda}" if settled else ""


def _is_invented(match: re.Match[str], tag: str, rows: tuple[Image, ...], matrix: Matrix) -> bool:
    """Whether a tag cannot be one of a release to come: years ahead, or with more updates than any toolkit had."""
    most = max(int((row.cuda or "0").rpartition(".")[2]) for row in rows)
    year = re.search(r"ubuntu(\d\d)\.\d\d$", tag)
    ahead = year is not None and int(year[1]) > int(matrix.version[2:4]) + 2
    return int(match[3] or 0) > most + 2 or ahead


def _may_be_left_out(tag: str, matrix: Matrix) -> bool:
    """Whether a tag is of a system that ended: its images may stay on the registry when no list names them any more."""
    system = system_named(tag.rpartition("-")[2], matrix)
    return system is not None and (system.end_of_life or "9") < matrix.version


def _is_complete(cuda: str, rows: tuple[Image, ...]) -> bool:
    """Whether all tags of a toolkit are on record: those that have their base images were listed as a whole."""
    return any(row.cuda == cuda and row.kind == "base" for row in rows)


def _is_between(cuda: str, rows: tuple[Image, ...]) -> bool:
    """Whether a toolkit is of a minor that was listed as a whole, and older than its newest point release there."""
    complete = [row.cuda for row in rows if row.cuda and row.kind == "base"]
    minor, patch = cuda.rpartition(".")[0], int(cuda.rpartition(".")[2])
    patches = [int(one.rpartition(".")[2]) for one in complete if one.rpartition(".")[0] == minor]
    known = {row.cuda for row in rows}
    return bool(patches) and cuda not in known and patch < max(patches)


def _is_past(cuda: str, rows: tuple[Image, ...]) -> bool:
    """Whether a toolkit is a later point release than its minor had when several newer minors were on record."""
    complete = {_minor(row.cuda) for row in rows if row.cuda and row.kind == "base"}
    newer = {minor for minor in complete if minor > _minor(cuda)}
    known = {row.cuda for row in rows}
    return cuda not in known and _minor(cuda) in complete and len(newer) >= _SETTLED


def _minor(cuda: str) -> tuple[int, ...]:
    return tuple(map(int, cuda.split(".")[:2]))


def _near(name: str, rows: tuple[Image, ...]) -> list[str]:
    """Return tags that exist for the same flavour, or system, or toolkit: the nearest release of CUDA first."""
    tag = name.partition(":")[2]
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?-?(.*)", tag)
    if match is None:
        return []
    wanted = (int(match[1]), int(match[2]), int(match[3] or 99))
    flavour = re.sub(r"cudnn\d", "cudnn", match[4])

    def distance(row: Image) -> tuple[bool, int, int, int]:
        numbers = [int(n) for n in re.findall(r"\d+", row.cuda or "0")] + [0, 0]
        own = re.sub(r"cudnn\d", "cudnn", row.reference.partition(":")[2].partition("-")[2])
        apart = abs((numbers[0] - wanted[0]) * 100 + numbers[1] - wanted[1])
        return own != flavour, apart, abs(numbers[2] - wanted[2]), len(own)

    real = [row for row in rows if row.status in ("confirmed", "expected")]
    return [row.reference for row in sorted(real, key=distance)[:2]]


def _newest(matrix: Matrix) -> list[str]:
    rows = [
        r
        for r in matrix.select(Image, family="nvidia-cuda")
        if r.status in ("confirmed", "expected")
    ]
    return [rows[-1].reference] if rows else []


def _ngc(use: ImageUse, name: str, matrix: Matrix) -> Iterator[Flaw]:
    match = re.fullmatch(r"nvcr\.io/nvidia/pytorch:(\d\d)\.(\d\d)-py3(?:-igpu)?", name)
    if match is not None and not 1 <= int(match[2]) <= 12:
        rows = matrix.select(Image, family="ngc")
        because = tuple(receipt("images", row) for row in rows[-1:])
        message = f"{name} does not exist: releases are named by year and month"
        yield _flaw("image-tag-missing", use, message, [], because)


def _flaw(
    problem: str, use: ImageUse, message: str, near: list[str], because: tuple[Receipt, ...]
) -> Flaw:
    fix = f"use {listing(near, 'or')}" if near else "name a tag that exists"
    return Flaw(problem, Severity.ERROR, use.spot, message, fix, because)
