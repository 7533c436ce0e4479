"""Which CUDA compiles for a GPU, and for a list of targets? Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget
from torch_doctor.matrix.gpus.rows import Architecture
from torch_doctor.matrix.store import Matrix


def last_for(matrix: Matrix, targets: tuple[SmTarget, ...]) -> CudaVersion | None:
    """Return the last CUDA that compiles for all of *targets*; none where no CUDA has dropped any."""
    listed = {str(target.capability) for target in targets}
    ends = [
        CudaVersion.parse(row.last_cuda)
        for row in matrix.architectures
        if row.last_cuda and row.capability in listed
    ]
    return min(ends, default=None)


def first_of_generation(matrix: Matrix, capability: ComputeCapability) -> Architecture | None:
    """Return the row of the generation whose code runs on *capability* and was there first."""
    rows = [
        row
        for row in matrix.architectures
        if not row.tegra
        and (own := ComputeCapability.parse(row.capability)).major == capability.major
        and own <= capability
    ]
    return min(rows, key=lambda row: CudaVersion.parse(row.first_cuda), default=None)
