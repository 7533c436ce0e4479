"""Package indexes of download.pytorch.org, as people and configurations name them. Shared by the rules here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.store import Matrix, worked_out_once

_WHL = r"https?://download(?:-r2)?\.pytorch\.org/whl(/nightly|/test)?/?([\w.]+)?"


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
            found = TorchIndex(match[0], match[2] or "", (match[1] or "").strip("/"))
            if found.tag and found not in seen:
                seen.add(found)
                yield found


@worked_out_once
def variants(matrix: Matrix) -> frozenset[str]:
    """Return the variants of torch that are recorded: cpu, cu118, cu128 …"""
    return frozenset(row.variant for row in matrix.torch_builds)


def torch_wanted(texts: Iterable[str]) -> str | None:
    """Return the release of torch that a requirement or command asks for, 2.7.1, or None."""
    for text in texts:
        match = re.search(r"(?<![\w-])torch==(\d+(?:\.\d+)+)", text)
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


def of_another_python(requirement: str, python_tag: str | None) -> bool:
    """Whether a wheel's name says that it was made for another Python; abi3 wheels serve later ones too."""
    tag = re.search(r"-(cp\d{2,3})-(?!abi3)", requirement)
    return bool(tag and python_tag and tag[1] != python_tag)


def index_has_others(wish: UnresolvedRequirement, matrix: Matrix) -> bool:
    """Whether the index that was read serves such builds, and the wished release was published for it."""
    match = re.search(r"==(\d+(?:\.\d+)+)(?:\+(cu\d{2,4}))?$", wish.requirement)
    offered = wish.offered or ()
    if not match or not offered:
        return False
    tags = {version.partition("+")[2] for version in offered}
    # PyPI has the builds without a tag, and keeps every release
    alike = match[2] in tags if match[2] else tags == {""}
    return alike and any(
        row.torch == match[1] and match[2] in (None, row.variant) for row in matrix.torch_builds
    )
