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
from torch_doctor.core.records import ExtensionBuild, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.gpu._refused import NO_KERNEL, REFUSED, beside_one_that_runs, in_range

_NO_CODE = r"torch\b[^.;\n]{0,60}\b(?:has|have|had|with|ships?|contains?|includes?) no (?:sm_|compute_)\d{2,3}\b"


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
    refused = errors.matching(REFUSED)
    failed = errors.matching(NO_KERNEL) or errors.matching(_NO_CODE)
    failed = failed or (() if refused else errors.of("cuda_209_no_kernel"))
    ran = {result.index for result in kernel_results if result.ok}
    if ran and refused and not (judgement.objections or judgement.aside):
        yield from beside_one_that_runs(cures, errors, ran)
    open_still = judgement.status is Status.UNKNOWN or (refused and judgement.served)
    if not (warned or refused or failed) or not open_still:
        return
    if judgement.objections or extension_builds or ran:
        return
    reached = warned and not failed and in_range(cures, warned)
    if not (refused or errors.matching(_NO_CODE)) and (judgement.served or reached):
        return  # another library lacks the code, or torch's warning is about a GPU that its code runs on
    message = "torch has no code for this GPU: a kernel failed for lack of it"
    subject = "gpu"
    for gpu in (cures.machine.gpus or ())[:1]:
        target = f" ({gpu.capability.sm})" if gpu.capability else ""
        message = f"torch has no code for {gpu.name}{target}: a kernel failed for lack of it"
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
