"""torch itself says that CUDA cannot be used, or a kernel failed, and no other finding explains it.

What it checks
    What torch.cuda.is_available() returned and whether a kernel ran on each device.
Why it matters
    This is the fact of the matter: PyTorch does not run on the GPU here.
How to fix
    The error text that torch gave is the best lead.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._asking import see_why_none
from torch_doctor.rules.torch._crashes import failures_of_cuda, kernels_failed, last_of_cuda

_ONE_ALONE = fixes.set_variable(
    "CUDA_VISIBLE_DEVICES",
    "0",
    "see whether one GPU works alone: WSL runs out of room with several",
)


@rule("TD409", severity="error", cause="unexplained", shows="cuda")
def check(
    kernel_results: Fact[tuple[KernelResult, ...]],
    judgement: Judgement,
    cuda_available: bool | None = None,
    gpus: tuple[Gpu, ...] = (),
    torch_cuda: CudaVersion | None = None,
    wsl: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    yield from kernels_failed(kernel_results.or_else(()), gpus, judgement)
    if cuda_available is False and gpus and torch_cuda:
        failures = failures_of_cuda(errors)
        cures = [_ONE_ALONE] if wsl and len(gpus) > 1 else []
        cures.append(see_why_none(failures))
        message = f"torch.cuda.is_available() is False{last_of_cuda(failures)}"
        yield finding("torch", message, fixes=cures)
