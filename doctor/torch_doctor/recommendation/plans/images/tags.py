"""The container image of a build: only tags that are on record as real."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.rows import Image
from torch_doctor.matrix.store import Matrix, worked_out_once

REAL = ("confirmed", "expected")
_MACHINES = {"x86_64": ("amd64", "x86_64"), "aarch64": ("arm64", "aarch64")}


def take_images(machines: Sequence[Machine]) -> bool:
    """Whether one image can serve: all machines have one processor, and run Linux containers as they are."""
    return len({machine.arch for machine in machines}) == 1 and not any(
        machine.platform == "windows" for machine in machines
    )


def image_for(torch: str, cuda: str, arch: str, purpose: str, matrix: Matrix) -> Image | None:
    """Return the image that has exactly this torch and CUDA; devel for *purpose* dev, else runtime."""
    kind = "devel" if purpose == "dev" else "runtime"
    rows = [
        row
        for row in images_of_torch(matrix, arch)
        if row.kind == kind and row.torch == torch and _same_cuda(row.cuda, cuda)
    ]
    return min(rows, key=lambda row: (REAL.index(row.status), row.reference), default=None)


@lru_cache(maxsize=8)
def images_of_torch(matrix: Matrix, arch: str) -> tuple[Image, ...]:
    """Return the real images of plain torch releases for a machine architecture."""
    machines = _MACHINES.get(arch, (arch,))
    return tuple(
        row
        for row in _of_torch(matrix)
        if not row.arch or any(name in machines for name in row.arch)
    )


@worked_out_once
def _of_torch(matrix: Matrix) -> tuple[Image, ...]:
    rows = matrix.select(Image, family="pytorch")
    return tuple(row for row in rows if row.status in REAL)


def _same_cuda(have: str | None, want: str) -> bool:
    return have is not None and CudaVersion.parse(have) == CudaVersion.parse(want)
