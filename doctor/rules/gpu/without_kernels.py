"""A kernel failed because there is no code for this GPU, in a torch of which nothing else is known.

What it checks
    Error 209 (no kernel image) on a known GPU, where no build is known that could be held against it.
Why it matters
    torch starts, and the first kernel fails.
How to fix
    Install a build with code for this GPU.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.judgement import Judgement, Status
from doctor.core.records import ExtensionBuild, Gpu, KernelResult
from doctor.core.rule import Draft, finding, rule
from doctor.matrix.cures import Cures
from doctor.matrix.errors import Errors

_TEXT = r"no kernel image is available|cudaErrorNoKernelImageForDevice|CUDA_ERROR_NO_BINARY_FOR_GPU"


@rule("TD216", severity="error", cause="gpu-arch-not-in-wheel", explains=("TD409",))
def check(
    gpus: tuple[Gpu, ...],
    errors: Errors,
    judgement: Judgement,
    cures: Cures,
    extension_builds: tuple[ExtensionBuild, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    said = errors.matching(_TEXT)
    if not said or judgement.status is not Status.UNKNOWN or judgement.objections:
        return
    if extension_builds or any(result.ok for result in kernel_results):
        return
    traits = (cures.machine.gpus or ())[:1]
    for gpu in traits:
        target = f" ({gpu.capability.sm})" if gpu.capability else ""
        yield finding(
            f"gpu:{gpu.index}",
            f"torch has no code for {gpu.name}{target}: a kernel failed for want of it",
            because=errors.receipts("cuda_209_no_kernel"),
            fixes=cures.another_build(),
            confidence="medium",
            evidence=("gpus", "errors_seen"),
        )
