"""An extension has no code for this GPU, although torch has.

What it checks
    Error 209 (no kernel image) or 98 (invalid device function) where the installed torch covers every GPU here, and
    the targets that extensions say they were built for.
Why it matters
    torch runs; the package with its own kernels (vLLM, flash-attn, detectron2 …) does not.
How to fix
    Build the extension for this GPU, or use a release that supports it.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import ErrorSeen, ExtensionBuild, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, SmTarget, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import alone_in, named_in
from torch_doctor.rules.cuda._cover import in_every_build, lacking

_TEXT = r"no kernel image is available|kernel image not available|cudaErrorNoKernelImageForDevice"
_NO_FUNCTION = r"CUDA error: invalid device function"
_COVERED = (
    "a kernel was not found (error {}), yet this torch has code for every GPU of the machine: "
    "an extension lacks it"
)
_USUAL = (
    "a kernel was not found (error 209), and every CUDA build of torch 2 has code for this GPU: an extension lacks it, "
    "or torch is older"
)


@rule("TD308", severity="error", cause="extension-arch-missing", breaks="cuda", explains=("TD216",))
def check(
    gpus: tuple[Gpu, ...],
    cures: Cures,
    judgement: Judgement,
    errors: Errors,
    matrix: Matrix,
    extension_builds: tuple[ExtensionBuild, ...] = (),
    arch_list: tuple[SmTarget, ...] = (),
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    no_image = errors.matching(_TEXT)
    seen = no_image or errors.matching(_NO_FUNCTION)
    failed = any("kernel image" in (result.error or "") for result in kernel_results)
    named = cures.machine.gpus or ()
    board = any(gpu.tegra for gpu in named)  # other machines' builds say nothing of it
    build = bool(arch_list or (not board and (torch_version or torch_cuda)))
    covered = build and bool(named) and all(gpu.index in judgement.served for gpu in named)
    # a torch of which nothing is told, and a GPU that all of them have code for
    usual = bool(named) and not (build or board) and all(in_every_build(g, matrix) for g in named)
    for built in extension_builds:
        left_out = lacking(built.arch_list, named)
        if left_out and seen:
            targets = " ".join(map(str, built.arch_list))
            message = f"{built.name} was built for {targets}, not for {left_out[0].name}"
            yield finding("extensions", message, fixes=cures.extension(left_out[0], [built]))
            return
    refused = errors.of("torch_gpu_too_old") or errors.matching(
        "is not compatible with the current PyTorch"
    )
    if seen and not failed and (covered or (usual and no_image and not refused)):
        because = (*errors.receipts("cuda_209_no_kernel"), *judgement.because)
        # the package is in the error itself, or in what is told around it
        texts = [error.text for error in errors_seen]
        package = named_in((e.text for e in seen), matrix) or alone_in(texts, matrix)
        cure = cures.extension(named[0], named=package)
        message = _COVERED.format(209 if no_image else 98) if covered else _USUAL
        yield finding("extensions", message, because=because, fixes=cure, confidence="medium")
