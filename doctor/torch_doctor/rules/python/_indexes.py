"""Package indexes of download.pytorch.org, as people and configurations name them. Shared by the rules here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.records import WITHOUT_ITS_TAG, UnresolvedRequirement
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.quoting import requirement, word
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix, worked_out_once

_WHL = r"https?://download(?:-r2)?\.pytorch\.org/whl(/nightly|/test)?/?([\w.]+)?"

_OF_PLATFORM = (
    r"(?i)only has wheels|not a supported wheel|current platform|no wheels with a matching"
)


class TorchIndex(NamedTuple):
    """An index by its last part: cu128, cpu, rocm6.4 …; *channel* is empty, nightly or test."""

    url: str
    tag: str
    channel: str


def pytorch_indexes(texts: Iterable[str]) -> Iterator[TorchIndex]:
    """Yield every index of download.pytorch.org that the texts (URLs or commands) name, once."""
    seen = set()
    for text in texts:
        for match in re.finditer(_WHL, text):
            url, tag = match[0].rstrip("."), (match[2] or "").rstrip(".")
            found = TorchIndex(url, tag, (match[1] or "").strip("/"))
            if found.tag and found not in seen:
                seen.add(found)
                yield found


@worked_out_once
def variants(matrix: Matrix) -> frozenset[str]:
    """Return the variants of torch that are recorded: cpu, cu118, cu128 …"""
    return frozenset(row.variant for row in matrix.torch_builds)


def torch_wanted(texts: Iterable[str]) -> str | None:
    """Return the release of torch that a requirement or command asks for, 2.7.1, or None; of ``~=2.7.0`` the lowest."""
    for text in texts:
        match = re.search(r"(?<![\w-])torch(?:==(?=\d)|~=(?=\d+\.\d+\.\d))(\d+(?:\.\d+)+)", text)
        # a wheel's name has its release behind a dash
        match = match or re.match(r"torch-(\d+(?:\.\d+)+)\S*\.whl", text)
        if match:
            return match[1]
    return None


def tag_number(tag: str) -> tuple[int, int]:
    """Order CUDA tags: cu92 before cu118 before cu1210; (0, 0) for anything else."""
    digits = tag[2:]
    if not re.fullmatch(r"cu\d{2,4}", tag):
        return (0, 0)
    head = 1 if len(digits) == 2 else 2
    return int(digits[:head]), int(digits[head:])


def nearest(number: tuple[int, int], wished: str | None, matrix: Matrix) -> list[str]:
    """Return the two tags of CUDA next to a number, of those that the *wished* release has, if any."""
    own = {row.variant for row in matrix.torch_builds if row.torch == wished and row.cuda}

    def distance(tag: str) -> tuple[int, str]:
        major, minor = tag_number(tag)
        return abs((major - number[0]) * 10 + minor - number[1]), tag

    return sorted((own or variants(matrix)) - {"cpu"}, key=distance)[:2]


_CLOSEST = 20  # no CUDA has a minor as high: cu1264 is 12.6.4 written without dots


def cuda_meant(tag: str) -> tuple[int, int] | None:
    """Return the CUDA that a tag of nobody's writing means: cu12.6, cuda126, cu12, 12.6, cu1264; None of a tag."""
    match = re.fullmatch(r"(?i)(?:cuda|cu)?[-_]?(1\d)[._-]?(\d{0,2})(?:[._-]\d{1,3})?", tag)
    if match is None:
        return None
    minor = int(match[2] or 0)
    plain = re.fullmatch(r"cu\d{3,4}", tag) and minor < _CLOSEST
    return None if plain else (int(match[1]), minor // 10 if minor >= _CLOSEST else minor)


def of_another_python(requirement: str, python_tag: str | None) -> bool:
    """Whether a wheel's name says that it was made for another Python; abi3 wheels serve later ones too."""
    tag = re.search(r"-(cp\d{2,3})-(?!abi3)", requirement)
    return bool(tag and python_tag and tag[1] != python_tag)


def is_of_torch(wish: UnresolvedRequirement, python_tag: str | None) -> bool:
    """Whether the wish is for torch, or for a wheel that was made for another Python."""
    torch = re.match(r"(?:py)?torch(?:-\d|(?![\w-]))", wish.requirement, re.IGNORECASE)
    return bool(torch) or of_another_python(wish.requirement, python_tag)


def is_elsewhere(wish: UnresolvedRequirement, python_tag: str | None) -> bool:
    """Whether the installer says that the index, or the channel, has it for other platforms alone, or not at all."""
    reason = wish.reason or ""
    platform = re.search(_OF_PLATFORM, reason) and not re.search(r"Python|cp3\d", reason)
    other = of_another_python(wish.requirement, python_tag)
    return bool(platform and not other) or "channel" in reason or reason == WITHOUT_ITS_TAG


def index_has_others(wish: UnresolvedRequirement, matrix: Matrix) -> bool:
    """Whether the index that was read serves such builds, and the wished release was published: not for this Python.

    An index keeps every release. What it offers to a Python begins with the first release for that Python, so that an
    older one was published for others alone: on PyPI, whose names have no tag of CUDA, and on an index with such tags.
    """
    match = re.search(r"[=~]=(\d+(?:\.\d+)+)(?:\+(cu\d{2,4}|cpu))?$", wish.requirement)
    offered = wish.offered or ()
    if not match or not offered:
        return False
    tags = {version.partition("+")[2] for version in offered}
    if match[2] in tags if match[2] else tags == {""}:
        rows = (row for row in matrix.torch_builds if row.torch == match[1])
        return any(match[2] in (None, row.variant) for row in rows)
    older = all(release_key(match[1]) < release_key(version) for version in offered)
    read = tags == {""} or any(tag.startswith("cu") for tag in tags)
    return read and older and bool(of_minor(match[1], matrix))


def of_minor(release: str | None, matrix: Matrix) -> list[TorchBuild]:
    """Return the builds of a release; of one that no row has, those of the releases with its first two numbers."""
    rows = [row for row in matrix.torch_builds if row.torch == release]
    minor = ".".join((release or "").split(".")[:2])
    return rows or [row for row in matrix.torch_builds if row.torch.startswith(f"{minor}.")]


def around_unpublished(release: str | None, matrix: Matrix) -> tuple[str, str] | None:
    """Return the releases before and after one of whose minor none was published; None where that may be newer."""
    known = sorted((row.version for row in matrix.torch_releases), key=release_key)
    wanted = release_key(release) if release else ()
    minors = {release_key(one)[:2] for one in known}
    if len(wanted) < 2 or wanted[:2] in minors or not min(minors) < wanted[:2] < max(minors):
        return None
    before = [one for one in known if release_key(one) < wanted]
    return before[-1], known[len(before)]


_FLAGS = regex(r"\s(--pre|--upgrade|-U|--no-cache-dir|--user|--force-reinstall)(?=\s|$)")
_LISTS = regex(r"\s(?:-r|--requirement)[ =]*(\S+)")
_FAMILY = regex(r"\s[\"']?((?:torch|torchvision|torchaudio|xformers)(?:==[\w.+]+)?)[\"']?(?=\s|$)")


def in_two(command: str, url: str, wish: str) -> tuple[str, str]:
    """Return a command that had *url* as its only index as two: what it asked for of torch, and the rest."""
    install = "uv pip install" if "uv pip" in command else "python -m pip install"
    flags = [match[1] for match in _FLAGS.finditer(command)]
    torch = [match[1] for match in _FAMILY.finditer(command)] or ["torch"]
    lists = [f"-r {word(match[1])}" for match in _LISTS.finditer(command)]
    rest = lists or [requirement(wish)]
    first = " ".join((install, *flags, *torch, "--index-url", url))
    return first, " ".join((install, *rest))
