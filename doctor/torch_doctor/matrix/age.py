"""How old the matrix is, and what is newer than anything in it: what came since its newest row is not known."""

from __future__ import annotations

import time

from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.builds.rows import TorchRelease
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.rows import CudaToolkit
from torch_doctor.matrix.store import Matrix, worked_out_once

OLD_DAYS = 60


def today() -> str:
    """Return the day in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def days_old(matrix: Matrix) -> int:
    """Return how many days ago the newest row was checked; 0 where the version of the matrix is no day."""
    then, now = _number(matrix.version), _number(today())
    return max(0, now - then) if then and now else 0


def newer_driver(matrix: Matrix, release: DriverRelease) -> bool:
    """Whether the branch of a driver is newer than every branch on record; Windows counts a little past its branch."""
    return release.branch > _newest_branch(matrix) + 4


def newer_torch(matrix: Matrix, version: TorchVersion) -> bool:
    """Whether a release of torch is newer than every release on record; a build that is none speaks for itself."""
    return version.is_release and version.release > _newest_torch(matrix)


def newer_cuda(matrix: Matrix, cuda: CudaVersion) -> bool:
    """Whether a CUDA is newer than every toolkit on record."""
    return cuda > _newest_cuda(matrix)


def newer_capability(matrix: Matrix, capability: ComputeCapability) -> bool:
    """Whether a compute capability is higher than every one on record."""
    return capability > _highest_capability(matrix)


@worked_out_once
def _newest_branch(matrix: Matrix) -> int:
    return max((row.branch for row in matrix.drivers), default=0)


@worked_out_once
def _newest_cuda(matrix: Matrix) -> CudaVersion:
    return max(map(CudaVersion.parse, matrix.column(CudaToolkit, "version")))


@worked_out_once
def _highest_capability(matrix: Matrix) -> ComputeCapability:
    return max(ComputeCapability.parse(row.capability) for row in matrix.architectures)


@worked_out_once
def _newest_torch(matrix: Matrix) -> tuple[int, ...]:
    return max(map(release_key, matrix.column(TorchRelease, "version")), default=())


def _number(day: str) -> int:
    """Return the number of a day: only differences mean something. (The module datetime costs a short command 2 ms.)"""
    parts = day[:10].split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(map(str.isdecimal, parts)):
        return 0
    year, month, number = map(int, parts)
    if month < 3:
        year, month = year - 1, month + 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + number
