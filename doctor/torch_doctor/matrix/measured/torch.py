"""What was read from the wheels of one torch release, and where it differs from the rows of the matrix."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.measured.differences import Difference, field_differences, shown
from torch_doctor.matrix.query import torch_build, torch_release
from torch_doctor.matrix.store import Matrix, row_key

_BUILD_FIELDS = ("cuda", "archs", "ptx", "python_tags", "glibc", "cxx11_abi", "pins")
_RELEASE_FIELDS = ("requires_python", "git_version", "released")


class Measured(NamedTuple):
    """One release on one platform as its wheels say. Fields are those of the rows torch_builds and torch_releases.

    A field that could not be read is in *unread*, with the reason. *wheel* is the file that was opened.
    """

    torch: str
    variant: str
    platform: str
    cuda: str | None
    archs: tuple[str, ...]
    ptx: tuple[str, ...]
    python_tags: tuple[str, ...]
    glibc: str | None
    cxx11_abi: bool | None
    pins: tuple[tuple[str, str], ...]
    requires_python: str | None
    git_version: str | None
    released: str | None
    wheel: str
    unread: tuple[tuple[str, str], ...] = ()


def is_recorded(measured: Measured, matrix: Matrix) -> bool:
    """Whether the matrix has rows for this release on this platform."""
    released = torch_release(matrix, measured.torch) is not None
    return released and _served(measured, matrix) is not None


def differences(measured: Measured, matrix: Matrix) -> Iterator[Difference]:
    """Yield every field in which the rows and the wheels of a recorded release disagree."""
    release = torch_release(matrix, measured.torch)
    if release is None:
        return
    served = dict(release.pypi).get(measured.platform)
    if served != measured.variant:
        key = row_key("torch_releases", release)
        yield Difference(key, f"pypi.{measured.platform}", shown(served), measured.variant)
    yield from field_differences("torch_releases", release, measured, _RELEASE_FIELDS)
    build = _served(measured, matrix)
    if build is not None:
        yield from field_differences("torch_builds", build, measured, _BUILD_FIELDS)


def _served(measured: Measured, matrix: Matrix) -> TorchBuild | None:
    """Return the row of the build that the index itself serves on this platform."""
    return torch_build(matrix, measured.torch, measured.variant, measured.platform) or next(
        (
            row
            for row in matrix.torch_builds
            if row.on_pypi and (row.torch, row.platform) == (measured.torch, measured.platform)
        ),
        None,
    )
