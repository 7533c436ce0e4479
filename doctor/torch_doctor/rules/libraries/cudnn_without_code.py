"""The cuDNN of this torch has no code for a GPU.

What it checks
    The release of cuDNN (installed as a package, or pinned by the build) against the least compute capability
    that it has code for.
Why it matters
    torch's own kernels run, and every operation that cuDNN does fails: convolutions, recurrent layers.
How to fix
    Install a torch that brings an older cuDNN, or switch cuDNN off.
References
    https://docs.nvidia.com/deeplearning/cudnn/backend/latest/reference/support-matrix.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.notices import cudnn_gap, cudnn_of, last_with_cudnn
from torch_doctor.matrix.query import torch_build
from torch_doctor.matrix.store import Matrix, receipt


@rule("TD770", severity="warning", cause="cudnn-incompatible")
def check(
    gpus: tuple[Gpu, ...],
    torch_version: TorchVersion,
    torch_cuda: CudaVersion,
    cures: Cures,
    matrix: Matrix,
    packages: tuple[Package, ...] = (),
) -> Iterator[Draft]:
    machine = cures.machine
    row = torch_build(matrix, torch_version.public, torch_cuda.tag, machine.wheel_platform or "")
    wheel = f"nvidia-cudnn-cu{torch_cuda.major}"
    installed = next((package.version for package in packages if package.name == wheel), None)
    cudnn = installed or (row and cudnn_of(row))
    lacking = set()
    for gpu in machine.gpus or ():
        gap = cudnn_gap(cudnn, torch_cuda, gpu, matrix)
        if gap is None or gpu.capability in lacking:
            continue
        lacking.add(gpu.capability)
        last, because = last_with_cudnn(gpu, machine, matrix), gap.because
        cured = [fixes.change_program("switch cuDNN off: torch.backends.cudnn.enabled = False")]
        if last is not None:
            cured.insert(0, cures.install(last[0], f", which brings cuDNN {last[1]}"))
            because = (*because, receipt("torch_builds", last[0]))
        yield finding(f"gpu:{gpu.index}", gap.text, because=because, fixes=cured)
