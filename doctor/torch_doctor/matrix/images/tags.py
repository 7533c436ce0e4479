"""Whether a container image tag exists, and the nearest that do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.images.answers import REAL, ImageAnswer, recorded
from torch_doctor.matrix.images.cuda_tags import cuda_tag, near, same_flavour
from torch_doctor.matrix.images.names import on_hub, plain_reference
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.rows import Image, ImageRule
from torch_doctor.matrix.store import Matrix

_PYTORCH_TAG = regex(
    r"(?P<torch>\d+\.\d+(?:\.\d+)?)(?:-cuda-?(?P<cuda>\d{1,2}\.\d{1,2}))?(?:-cudnn\d*)?(?:-(?P<kind>runtime|devel))?(?:-.*)?"
)
_SHOWN = 4


@lru_cache(maxsize=512)
def image_named(matrix: Matrix, reference: str) -> ImageAnswer:
    """Say whether an image exists; ``docker.io/`` in front and a digest behind do not matter.

    A tag that is not on record does not exist where the matrix lists every tag of that torch release; elsewhere it
    is unknown.
    """
    name = plain_reference(reference)
    if on_hub(name).partition(":")[0] == "nvidia/cuda":
        return _of_cuda(matrix, name)
    name = name if ":" in name else f"{name}:latest"
    row = next((row for row in matrix.images if row.reference == name), None)
    if row is not None:
        return recorded(matrix, name, row)
    repository, _, tag = name.partition(":")
    if repository == "nvcr.io/nvidia/pytorch" and (why := _no_month(tag)):
        return ImageAnswer(name, "no", why, None, _alike(matrix, repository, tag))
    if repository == "pytorch/pytorch" and (match := _PYTORCH_TAG.fullmatch(tag)):
        return _pytorch(matrix, name, match)
    alike = _alike(matrix, repository, tag)
    known = (
        "no tag like it is on record"
        if not alike
        else "this tag is not on record; others of its name are"
    )
    return ImageAnswer(name, "unknown", known, None, alike)


def _of_cuda(matrix: Matrix, name: str) -> ImageAnswer:
    """What was deleted from Docker Hub may stay on NVIDIA's registry, which holds the same images."""
    found = cuda_tag(matrix, on_hub(name))
    if found.deleted and on_hub(name) != name:
        why = f"{found.why}; whether NVIDIA's own registry keeps it is not on record"
        return found._replace(reference=name, exists="unknown", why=why, deleted=False)
    return found._replace(reference=name)


def _no_month(tag: str) -> str:
    match = re.fullmatch(r"(\d\d)\.(\d\d)-py3(?:-igpu)?", tag)
    never = match is not None and not 1 <= int(match[2]) <= 12
    return "releases are named by year and month" if never else ""


def _pytorch(matrix: Matrix, name: str, match: re.Match[str]) -> ImageAnswer:
    torch, cuda, kind = match["torch"], match["cuda"], match["kind"] or "runtime"
    listed = [
        row for row in matrix.images if row.family == "pytorch" and row.status in REAL and row.torch
    ]
    rules = tuple(
        rule for rule in matrix.image_rules if rule.family == "pytorch" and "{X.Y.Z}" in rule.fact
    )
    close = tuple(sorted(listed, key=lambda row: _distance(row, torch, cuda, kind))[: _SHOWN - 1])
    same_cuda = [row for row in listed if cuda and row.cuda == cuda and row.kind == kind]
    if same_cuda:
        closest = min(same_cuda, key=lambda row: _distance(row, torch, cuda, kind))
        close = tuple(dict.fromkeys((*close, closest)))
    if torch.count(".") < 2:
        first, because = _three_numbers(matrix)
        if release_key(torch) < release_key(first):
            why = f"releases as old as {torch} have tags with two numbers; which, is not on record"
            return ImageAnswer(name, "unknown", why, None, close, because)
        why = "tags carry all three numbers of the release"
        return ImageAnswer(name, "no", why, None, close, (*because, *rules))
    if any(row.torch == torch for row in listed):
        why = f"the tags of torch {torch} are on record, and this is none of them"
        return ImageAnswer(name, "no", why, None, close, rules)
    return ImageAnswer(name, "unknown", f"no image of torch {torch} is on record", None, close)


def _three_numbers(matrix: Matrix) -> tuple[str, tuple[ImageRule, ...]]:
    """Return the first release of which all tags carry three numbers, and the row that says so."""
    for rule in matrix.image_rules:
        if numbered := re.match(r"tags carry three numbers from (\d+\.\d+)\.0 on", rule.fact):
            return numbered[1], (rule,)
    return "0", ()


def by_nearness(reference: str, rows: Iterable[Image]) -> list[Image]:
    """Return *rows* of one repository in the order in which their tags are near that of *reference*."""
    repository, _, tag = on_hub(plain_reference(reference)).partition(":")
    if repository == "nvidia/cuda":
        return list(near(tag, rows))
    match = _PYTORCH_TAG.fullmatch(tag) if repository == "pytorch/pytorch" else None
    if match is not None:
        torch, cuda, kind = match["torch"], match["cuda"], match["kind"] or "runtime"
        return sorted(rows, key=lambda row: _distance(row, torch, cuda, kind))
    wanted = _numbers(tag)
    return sorted(rows, key=lambda row: _apart(_numbers(row.reference.partition(":")[2]), wanted))


def means_the_same(reference: str, row: Image) -> bool:
    """Whether the tag of *row* is what *reference* was meant to be: the same torch, CUDA, flavour and system."""
    repository, _, tag = on_hub(plain_reference(reference)).partition(":")
    if repository == "nvidia/cuda":
        return same_flavour(tag, row)
    match = _PYTORCH_TAG.fullmatch(tag) if repository == "pytorch/pytorch" else None
    if match is None or not row.torch:
        return False
    numbers = row.torch.split(".")[: match["torch"].count(".") + 1]
    same = ".".join(numbers) == match["torch"] and row.cuda == match["cuda"]
    return same and row.kind == (match["kind"] or "runtime")


def _numbers(tag: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d{1,9}", tag))


def _apart(have: tuple[int, ...], want: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(abs(one - other) for one, other in zip(have, want, strict=False))


def _distance(
    row: Image, torch: str, cuda: str | None, kind: str
) -> tuple[bool, int, int, bool, int]:
    wanted, have = release_key(torch), release_key(row.torch or "0")
    apart = abs((have[0] - wanted[0]) * 100 + have[1] - wanted[1])
    newest = 99 if apart or len(wanted) < 3 else wanted[2]
    patch = abs((have[2] if len(have) > 2 else 0) - newest)
    return (
        row.kind != kind,
        apart,
        patch,
        (row.cuda is None) != (cuda is None),
        _cuda_apart(row.cuda, cuda),
    )


def _cuda_apart(have: str | None, want: str | None) -> int:
    if have is None or want is None:
        return 0
    one, other = CudaVersion.parse(have), CudaVersion.parse(want)
    return abs((one.major - other.major) * 100 + one.minor - other.minor)


def _alike(matrix: Matrix, repository: str, tag: str) -> tuple[Image, ...]:
    from difflib import get_close_matches

    tags = {
        row.reference.partition(":")[2]: row
        for row in matrix.images
        if row.status in REAL and row.reference.partition(":")[0] == repository
    }
    return tuple(tags[near] for near in get_close_matches(tag, tags, _SHOWN, 0.6))
