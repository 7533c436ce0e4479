"""The GPU is newer than the CUDA that torch was built with, so there is no machine code for it.

What it checks
    The first CUDA that compiles for any GPU of this generation, against the build's CUDA, or the last CUDA that
    compiles for all of the build's targets.
Why it matters
    At best the driver compiles the build's PTX, which takes minutes at the first use; without PTX the first kernel
    fails.
How to fix
    Install a build for a CUDA that knows the GPU.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#just-in-time-compilation
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.gpu._toolkits import first_of_generation, last_for

_NO_CODE = r"no kernel image is available|cudaErrorNoKernelImageForDevice"


@rule("TD218", severity="warning", cause="gpu-arch-not-in-wheel", explains=("TD308",))
def check(
    gpus: tuple[Gpu, ...],
    judgement: Judgement,
    cures: Cures,
    matrix: Matrix,
    torch_cuda: CudaVersion | None = None,
    arch_list: tuple[SmTarget, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if judgement.of(Kind.GPU_NEWER_THAN_BUILD) or any(result.ok for result in kernel_results):
        return
    latest, toolkit = torch_cuda, f"CUDA {torch_cuda} of this torch"
    if latest is None:
        latest = last_for(matrix, arch_list)
        toolkit = f"the targets of this torch end with CUDA {latest}, which"
    if latest is None:
        return
    for gpu in cures.machine.gpus or ():
        if gpu.capability is None or gpu.tegra:
            continue
        row = first_of_generation(matrix, gpu.capability)
        if row is None or latest >= CudaVersion.parse(row.first_cuda):
            continue
        yield finding(
            f"gpu:{gpu.index}",
            f"{toolkit} compiles nothing for {gpu.name} "
            f"({gpu.capability.sm}), which needs {row.first_cuda} or newer: PTX at best",
            because=[receipt("architectures", row)],
            fixes=cures.another_build(),
            severity=Severity.ERROR if errors.matching(_NO_CODE) else None,
            evidence=("gpus", "torch_cuda" if torch_cuda else "arch_list"),
        )
        return
