"""A report says that torch does not support its GPU, and no current build has code for it.

What it checks
    In a report that does not tell which torch is installed: words that the GPU is too old or not supported, or a kernel
    that CUDA found no function for, beside the name of a GPU that the newest releases have no code for.
Why it matters
    Builds drop old GPUs: is_available() is True, and the first kernel fails. The driver may have dropped them, too.
How to fix
    Install the last release that has code for the GPU, where there is one; otherwise build torch from its sources, or
    use another GPU.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#compute-capabilities
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.support_end import last_torch_for
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_NO_FUNCTION = r"(?<!HIP error: )invalid device function|cudaErrorInvalidDeviceFunction"
# Said of torch, and neither asked nor said of another program.
_OF_TORCH = r"torch|CUDA"
_OTHERWISE = (
    r"(?:too old|supports?|(?:un)?supported)\b[^.,;?\n]{0,40}\?(?!\?)"
    r"|(?:too old|supported)\b[^.,;?\n]{0,12}\b(?:by|for|in|on)\b(?![^.,;?\n]{0,40}(?:torch|CUDA))"
)
_ELSEWHERE = fixes.by_hand(
    "use the CPU or another GPU: no build of torch on record has code for this one (torch can be built from its "
    "sources for it, with TORCH_CUDA_ARCH_LIST and a CUDA that still knows it)"
)


@rule("TD234", severity="error", cause="gpu-arch-not-in-wheel", breaks="cuda", explains=("TD210",))
def check(
    errors: Errors,
    gpus: tuple[Gpu, ...],
    matrix: Matrix,
    judgement: Judgement,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    texts = [error.text for error in errors.of("gpu_said_unsupported")]
    of_torch = [text for text in texts if re.search(_OF_TORCH, text, re.IGNORECASE)]
    meant = [text for text in of_torch if not re.search(_OTHERWISE, text, re.IGNORECASE)]
    seen = meant or errors.matching(_NO_FUNCTION)
    if not seen or torch_version or judgement.objections or any(one.ok for one in kernel_results):
        return
    for gpu in cures.machine.gpus or ():
        if gpu.capability is None or gpu.tegra:
            continue
        last = last_torch_for(gpu, cures.machine, matrix)
        if last is None and gpu.last_branch is None:
            continue  # the newest release has code for it
        message = f"{gpu.name} ({gpu.capability.sm}) is too old for current builds of torch"
        if last is not None:
            message += f": {last.torch}+{last.variant} is the last one with code for it"
        yield finding(
            f"gpu:{gpu.index}",
            message,
            because=gpu.because,
            fixes=cures.another_build() or [_ELSEWHERE],
            confidence="medium",
        )
        return
