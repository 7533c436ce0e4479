"""An extension has no code for this GPU, although torch has.

What it checks
    Error 209 (no kernel image) where the installed torch covers every GPU here, and the targets that extensions say
    they were built for.
Why it matters
    torch runs; the package with its own kernels (vLLM, flash-attn, detectron2 …) does not.
How to fix
    Build the extension for this GPU, or use a release that supports it.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.judgement import Judgement, Status
from doctor.core.rule import Draft, finding, rule

_TEXT = r"no kernel image is available|kernel image not available|cudaErrorNoKernelImageForDevice"


@rule("TD308", severity="error", cause="extension-arch-missing", explains=("TD409",))
def check(
    gpus, judgement: Judgement, errors: object, extension_builds=(), kernel_results=(), errors_seen=()
) -> Iterator[Draft]:
    said = errors.matching(_TEXT)
    failed = any("kernel image" in (result.error or "") for result in kernel_results)
    known = [gpu for gpu in gpus if gpu.compute_capability]
    for built in extension_builds:
        lacking = [gpu for gpu in known if built.arch_list and not _covers(built.arch_list, gpu)]
        if lacking and said:
            targets = " ".join(map(str, built.arch_list))
            message = f"{built.name} was built for {targets}, not for {lacking[0].name}"
            yield finding("extensions", message, fixes=_cures(lacking[0]))
            return
    if said and not failed and gpus and judgement.status is Status.SUPPORTED:
        message = (
            "a kernel was not found (error 209), yet this torch has code for every GPU here: "
            "an extension lacks it"
        )
        because = (*errors.receipts("cuda_209_no_kernel"), *judgement.because)
        yield finding("extensions", message, because=because, fixes=_cures(gpus[0]), confidence="medium")


def _covers(targets: tuple, gpu: object) -> bool:
    own = gpu.compute_capability
    for target in targets:
        have = target.capability
        if target.ptx and have <= own:
            return True
        if not target.ptx and have.major == own.major and have.minor <= own.minor:
            return True
    return False


def _cures(gpu: object) -> list[object]:
    capability = str(gpu.compute_capability or "X.Y")
    return [
        fixes.by_hand("use a release of that package that supports this GPU"),
        fixes.set_variable("TORCH_CUDA_ARCH_LIST", capability, "then build the package again"),
    ]
