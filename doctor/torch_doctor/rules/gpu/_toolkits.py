"""Which CUDA compiles for a GPU, and for a list of targets? Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.finding import Action
from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.kinds import InstallTorch
from torch_doctor.matrix.gpus.rows import Architecture
from torch_doctor.matrix.law.search import candidates
from torch_doctor.matrix.query import release_key
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


def builds_from(
    cures: Cures, matrix: Matrix, least: CudaVersion | None, installed: TorchVersion | None
) -> Iterable[Action]:
    """Yield the nearest release that was published for a CUDA of *least* or newer."""
    rows = [
        row
        for row in candidates(cures.machine.wheel_platform, matrix)
        if least and row.cuda and CudaVersion.parse(row.cuda) >= least
    ]
    here = release_key(installed.public) if installed else None
    near = [row for row in rows if here is None or release_key(row.torch) >= here]
    first = min(near, key=lambda row: release_key(row.torch), default=None) if here else None
    found = cures.one_of([row for row in near if first is None or row.torch == first.torch])
    why = f", built for CUDA {least} or newer"
    found = tuple(one._replace(condition=why) for one in found if isinstance(one, InstallTorch))
    return found or (fixes.by_hand("install a torch for a newer CUDA, one that knows the GPU"),)
