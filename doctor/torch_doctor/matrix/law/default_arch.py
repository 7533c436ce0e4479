"""What a build that no table lists was most likely compiled for: what its CUDA can compile.

Nightlies, source builds, NVIDIA's and conda-forge's builds, releases older than the matrix. The assumption is good
enough for a yes; its low confidence keeps it from ever being a no.
"""

from __future__ import annotations

from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget
from torch_doctor.matrix.gpus.rows import Architecture
from torch_doctor.matrix.law.arch import OWN_BUILDS
from torch_doctor.matrix.law.machine import Build
from torch_doctor.matrix.store import Matrix

# Older GPUs were left out of builds long before the toolkit left them out.
_OLDEST = ComputeCapability(3, 7)


def assumed(build: Build, matrix: Matrix, *, jetson: bool = False) -> Build:
    """Return *build* with the targets that its CUDA compiles, at low confidence; unchanged where they are known.

    On a Jetson a build that no index lists is taken for one that was made for Jetsons.
    """
    if build.targets is not None or build.cuda is None:
        return build
    cuda = build.cuda
    origin = "source" if jetson and build.origin not in OWN_BUILDS else build.origin
    own = jetson and origin in OWN_BUILDS
    targets = tuple(
        SmTarget(ComputeCapability.parse(row.capability), "", ptx=False)
        for row in matrix.architectures
        if _compiles(cuda, row) and (own or not row.tegra)
    )
    if not targets:
        return build
    return build._replace(targets=targets, ptx_known=False, confidence="low", origin=origin)


def _compiles(cuda: CudaVersion, row: Architecture) -> bool:
    return (
        ComputeCapability.parse(row.capability) >= _OLDEST
        and CudaVersion.parse(row.first_cuda) <= cuda
        and (row.last_cuda is None or cuda <= CudaVersion.parse(row.last_cuda))
    )
