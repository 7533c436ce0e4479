"""A kernel failed because there is no code for this GPU, in a torch of which nothing else is known.

What it checks
    Error 209 (no kernel image), words that say so ("has no sm_60 kernels"), or torch's warning about the GPU's
    capability, where no build is known that could be held against the GPU.
Why it matters
    torch starts, and the first kernel fails.
How to fix
    Install a build with code for this GPU.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import ErrorSeen, ExtensionBuild, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import ComputeCapability
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors

_RANGE = regex(r"\((\d{1,2}\.\d)\) - \((\d{1,2}\.\d)\)")
_TEXT = r"no kernel image is available|cudaErrorNoKernelImageForDevice|CUDA_ERROR_NO_BINARY_FOR_GPU"
# torch looks for code of the GPU's major, and leaves PTX out: what it carries of that does not refute it
_REFUSED = r"with CUDA capability sm_\d+ is not compatible with the current PyTorch installation"
_SAID = r"torch\b[^.;\n]{0,60}\b(?:has|have|had|with|ships?|contains?|includes?) no (?:sm_|compute_)\d{2,3}\b"


@rule("TD216", severity="error", cause="gpu-arch-not-in-wheel", breaks="cuda")
def check(
    errors: Errors,
    judgement: Judgement,
    cures: Cures,
    gpus: tuple[Gpu, ...] = (),
    extension_builds: tuple[ExtensionBuild, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    warned = errors.of("torch_gpu_too_old")
    refused = errors.matching(_REFUSED)
    failed = errors.matching(_TEXT) or errors.matching(_SAID)
    open_still = judgement.status is Status.UNKNOWN or (refused and judgement.served)
    if not (warned or refused or failed) or not open_still:
        return
    if judgement.objections or extension_builds or any(result.ok for result in kernel_results):
        return
    in_range = warned and not failed and _in_range(cures, warned)
    if not refused and (judgement.served or in_range):
        return  # another library lacks the code, or torch's warning is about a GPU that its code runs on
    message = "torch has no code for this GPU: a kernel failed for want of it"
    subject = "gpu"
    for gpu in (cures.machine.gpus or ())[:1]:
        target = f" ({gpu.capability.sm})" if gpu.capability else ""
        message = f"torch has no code for {gpu.name}{target}: a kernel failed for want of it"
        subject = f"gpu:{gpu.index}"
    if warned or refused:
        message = message.partition(":")[0] + ": it says so when it starts"
    yield finding(
        subject,
        message,
        because=errors.receipts("torch_gpu_too_old" if warned else "cuda_209_no_kernel"),
        fixes=cures.another_build(failing=True),
        confidence="medium",
        evidence=("gpus", "errors_seen") if gpus else ("errors_seen",),
    )


def _in_range(cures: Cures, warned: tuple[ErrorSeen, ...]) -> bool:
    """Whether torch's own range reaches every GPU here: code for a lower minor of the same major runs."""
    ranges = [found for error in warned if (found := _RANGE.search(error.text))]
    known = [gpu.capability for gpu in cures.machine.gpus or () if gpu.capability]
    if not ranges or not known:
        return False
    low = ComputeCapability.parse(ranges[0][1])
    high = ComputeCapability.parse(ranges[0][2])
    return all(low <= one and (one <= high or one.major == high.major) for one in known)
