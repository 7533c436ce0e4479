"""From which release of torch on its builds ask for something else: the majors of cuDNN, the floors of glibc."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.startup import TypeVar
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.builds.notices import cudnn_of
from torch_doctor.matrix.builds.rows import LibraryMajor, TorchBuild
from torch_doctor.matrix.law.platform import glibc_of
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix, worked_out_once

_COMMON = "linux-x86_64"
_Thing = TypeVar("_Thing")


class TorchSpan(NamedTuple):
    """The *first* and the *last* release of torch that ask for one thing."""

    first: str
    last: str

    def begins_by(self, torch: TorchVersion) -> bool:
        """Whether its first minor release is that of *torch*, or an older one."""
        return release_key(self.first)[:2] <= torch.release[:2]


@worked_out_once
def of_cudnn(matrix: Matrix) -> dict[str, TorchSpan]:
    """Return which releases of torch pin each major of cuDNN, the oldest first, on the commonest platform."""
    rows = matrix.select(TorchBuild, platform=_COMMON)
    return _spans((cudnn.partition(".")[0], row.torch) for row in rows if (cudnn := cudnn_of(row)))


@worked_out_once
def of_glibc(matrix: Matrix) -> dict[tuple[int, ...], TorchSpan]:
    """Return which releases of torch need each glibc at least, on the commonest platform."""
    rows = matrix.select(TorchBuild, platform=_COMMON)
    return _spans((glibc, row.torch) for row in rows if (glibc := glibc_of(row.glibc)))


def made_for(library: str, major: str, matrix: Matrix) -> tuple[LibraryMajor, ...]:
    """Return which programs are on record as made for a *major* of a library, each with its releases."""
    return matrix.select(LibraryMajor, library=library, major=major)


def minor(release: str) -> str:
    """Return the minor release, ``2.4`` of ``2.4.1``."""
    return ".".join(release.split(".")[:2])


def _spans(seen: Iterable[tuple[_Thing, str]]) -> dict[_Thing, TorchSpan]:
    releases: dict[_Thing, list[str]] = {}
    for thing, torch in seen:
        releases.setdefault(thing, []).append(torch)
    spans = [
        (thing, TorchSpan(min(every, key=release_key), max(every, key=release_key)))
        for thing, every in releases.items()
    ]
    return dict(sorted(spans, key=lambda one: release_key(one[1].first)))
