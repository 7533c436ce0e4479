"""Tags of NVIDIA's images of CUDA: which were published, which were deleted, which cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_doctor.matrix.images.answers import REAL, ImageAnswer, recorded
from torch_doctor.matrix.images.names import system_named
from torch_doctor.matrix.rows import Image, ImageRule
from torch_doctor.matrix.store import Matrix

# So many newer minors end the point releases of one: the row that begins with these words says why.
_SETTLED = 4
_ENDED = "no minor of CUDA got a point release after four"
_SHOWN = 2
_HELD = ("base", "runtime", "devel", "cudnn")
_NEWEST = 999


def cuda_tag(matrix: Matrix, name: str) -> ImageAnswer:
    """Say whether a tag of nvidia/cuda exists; what is newer than the rows is unknown."""
    tag = name.partition(":")[2]
    rules = matrix.select(ImageRule, family="nvidia-cuda")
    rows = matrix.select(Image, family="nvidia-cuda")
    if tag in ("", "latest"):
        because = tuple(rule for rule in rules if "no tag latest" in rule.fact)
        why = "there is no tag latest: a release of CUDA, a flavour and a system must be named"
        return ImageAnswer(name, "no", why, None, near("latest", rows)[:_SHOWN], because)
    row = next((one for one in rows if one.reference == name), None)
    if row is not None and row.status in REAL:
        return recorded(matrix, name, row)
    close = near(tag, rows)[:_SHOWN]
    if row is not None:
        found = recorded(matrix, name, row)
        close = found.nearest or close
        return found._replace(deleted=row.status == "absent", nearest=close)
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(?=-|$)", tag)
    if match is None:
        return ImageAnswer(name, "unknown", "its tag names no release of CUDA", None, close)
    if int(match[1]) < 11 or (match[3] is None and match[1] == "11" and int(match[2]) < 2):
        because = tuple(rule for rule in rules if "were deleted" in rule.fact)
        why = "it was deleted from Docker Hub, with all tags of its kind"
        return ImageAnswer(name, "no", why, None, close, because, deleted=True)
    if why := _unpublished(match, tag, rows, matrix):
        named = ("tags of", _ENDED) if _is_past(match[0], rows) else ("tags of",)
        because = tuple(rule for rule in rules if rule.fact.startswith(named))
        return ImageAnswer(name, "no", why, None, close, because)
    why = "this tag is not on record; others of its name are"
    return ImageAnswer(name, "unknown", why, None, close)


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


def near(tag: str, rows: Iterable[Image]) -> tuple[Image, ...]:
    """Return tags that exist: those of the same flavour and system first, then those of the distribution that is named.

    Ubuntu is meant where no distribution of the rows is named. Of them the nearest release of CUDA is first, the newest
    where none is named.
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?-?(.*)", tag)
    wanted = (int(match[1]), int(match[2]), int(match[3] or 99)) if match else (_NEWEST, 0, 99)
    flavour = _flavour(match[4] if match else "" if tag == "latest" else tag)
    kind, system = _parted(flavour)

    def distance(row: Image) -> tuple[int | bool | tuple[int, ...], ...]:
        numbers = [int(n) for n in re.findall(r"\d+", row.cuda or "0")] + [0, 0]
        own = _flavour(row.reference.partition(":")[2].partition("-")[2])
        own_kind, own_system = _parted(own)
        named = _distribution(own_system)
        rank = 0 if named == _distribution(system) else 1 if named == "ubuntu" else 2
        apart = abs((numbers[0] - wanted[0]) * 100 + numbers[1] - wanted[1])
        newest = tuple(-int(number) for number in re.findall(r"\d+", own_system))
        other = bool(kind) and own_kind != kind
        return (
            *(own != flavour, rank, apart, other, abs(numbers[2] - wanted[2])),
            *(not own_system.startswith(system), len(own), newest),
        )

    real = [row for row in rows if row.status in REAL]
    return tuple(sorted(real, key=distance))


def _parted(flavour: str) -> tuple[str, str]:
    """Return what an image holds and its system: cudnn-devel, ubuntu22.04."""
    words = flavour.split("-")
    held = [word for word in words if word in _HELD]
    return "-".join(held), "-".join(word for word in words if word not in _HELD)


def _distribution(system: str) -> str:
    return re.sub(r"[\d.]+$", "", system)


def same_flavour(tag: str, row: Image) -> bool:
    """Whether a row is of the CUDA, the flavour and the system that a tag names, whatever its point release."""
    match = re.match(r"(\d+\.\d+)(?:\.\d+)?-(.+)", tag)
    release, _, own = row.reference.partition(":")[2].partition("-")
    if match is None:
        return False
    return release.startswith(f"{match[1]}.") and _flavour(own) == _flavour(match[2])


def _flavour(words: str) -> str:
    return re.sub(r"cudnn\d", "cudnn", words)
