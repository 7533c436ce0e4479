"""An extension's own words say that its kernel has no code for this GPU.

What it checks
    Error 209 (no kernel image) in a text that is not torch's: torch writes "CUDA error: …", and wrote
    "cuda runtime error (209) : …". A file of CUDA source or a function before it belongs to other code.
Why it matters
    torch runs; the package with its own kernels does not.
How to fix
    Build the package for this GPU, or use a release that supports it.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import ExtensionBuild, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.extensions import failing_in, named_in
from torch_doctor.matrix.signatures import Errors

_NOT_TORCHS = r"(?:(?!aten/|c10/|torch/csrc)[\w./-])"
# "no kernel image … (pkg csrc/ops.cu:74)": the source may stand behind it, too.
_BEHIND = (
    r"no kernel image is available[^\n]{0,60}(?<!torch/)\b(?:csrc|ext|kernels)/[\w./-]*\.cuh?:\d"
)
_SOURCE = r"\.(?:cuh?|hp{0,2}|cc|cpp|cxx)[:(]\d+\)?"
# What programs print who check their own calls: "cudaCheckError() failed", "GPUassert:", "launch_forward error:".
_CHECKS = (
    r"(?<![\w:])(?!thcudacheck|c10_|torch_|at_cuda|cuda error|cuda runtime error)"
    r"(?:\w*(?:cuda_?(?:check|assert|safe_?call|err_?chk)|check_?cuda|gpu_?(?:assert|err_?chk)|safe_?call)\w*|kernel_?launch\w*|launch_\w+|\w+_(?:cuda|kernel|forward|backward|gpu|launcher)"
    r"|(?!cudaGetDevice)\w+\(\))(?:\(\))?(?:: ?|:? [^\n]{0,32}?[:=,(] ?)no kernel image"
)
_FOREIGN = (
    r"(?:kernel (?:launch )?failed|error (?:in|from|during|launching) \w+)[^\n]{0,20}?: ?no kernel image"
    rf"|{_CHECKS}"
    rf"|(?<![\w/]){_NOT_TORCHS}+{_SOURCE}[^\n]{{0,20}}?: ?no kernel image"
    rf"|no kernel image is available[^\n]{{0,40}} at {_NOT_TORCHS}*(?:third_party|csrc|ext)/[\w./-]*\.\w{{1,3}}[:(]\d"
    r"|no kernel image is available[^\n]{0,40} at line \d+ in file [^\n]{1,200}\.cu"
)
# Small libraries of kernels: where the error's own line names one, the kernel is its. A server's name is in every line.
_LIBRARIES = (
    r"\b(?:bitsandbytes|xformers|flash[-_]attn|sageattention|exllama\w*|auto[-_]?gptq|autoawq|mamba[-_]ssm"
    r"|causal[-_]conv1d|spconv|natten|apex)\b"
)
_ANY = "use a release of {} that supports this GPU, or build it for this GPU (TORCH_CUDA_ARCH_LIST)"


@rule("TD315", severity="error", cause="extension-arch-missing", breaks="cuda", explains=("TD216",))
def check(
    errors: Errors,
    judgement: Judgement,
    cures: Cures,
    extension_builds: tuple[ExtensionBuild, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    traceback_packages: tuple[str, ...] = (),
) -> Iterator[Draft]:
    lacking = errors.matching("no kernel image")
    foreign = f"{_FOREIGN}|{_BEHIND}"
    said = [error for error in lacking if re.search(foreign, error.text, re.IGNORECASE)]
    said = said or [error for error in lacking if re.search(_LIBRARIES, error.text, re.IGNORECASE)]
    torchs = judgement.of(Kind.GPU_NEWER_THAN_BUILD, Kind.GPU_OLDER_THAN_BUILD)
    failed = any(result.ok is False for result in kernel_results)
    if not said or torchs or failed or any(built.arch_list for built in extension_builds):
        return
    known = [gpu for gpu in cures.machine.gpus or () if gpu.capability]
    message = f"an extension has no code for this GPU: {one_line(said[0].text, 200)}"
    named = named_in(error.text for error in said)
    package = named or failing_in(traceback_packages) or "that package"
    cure = (
        cures.extension(known[0], named=named) if known else [fixes.by_hand(_ANY.format(package))]
    )
    because = errors.receipts("cuda_209_no_kernel")
    yield finding("extensions", message, because=because, fixes=cure, confidence="medium")
