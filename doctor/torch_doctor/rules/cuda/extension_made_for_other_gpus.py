"""A package says that it has no kernels for this GPU.

What it checks
    The words in which vLLM, xFormers, flashinfer, bitsandbytes, llama.cpp and others say so themselves: the targets
    that they were built for, or the least compute capability that they need.
Why it matters
    torch runs on the GPU; what the package does there fails.
How to fix
    Install a release of the package with code for the GPU, build it for the GPU, or use another backend of the program.
References
    https://docs.vllm.ai/en/latest/features/quantization/supported_hardware.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import failing_in, named_in

_ROW = "extension_for_other_gpus"
_LEAST = r"Minimum capability: (\d+)|sm(\d+) or higher"
_ANY = "use a release of {} that supports this GPU, or build it for this GPU (TORCH_CUDA_ARCH_LIST)"
_OTHERWISE = fixes.by_hand(
    "let the program do without it on this GPU: another quantization, attention backend or data type, which the older "
    "GPU has"
)


@rule("TD319", severity="error", cause="extension-arch-missing", breaks="cuda", explains=("TD216",))
def check(
    errors: Errors,
    cures: Cures,
    matrix: Matrix,
    traceback_packages: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    known = [gpu for gpu in cures.machine.gpus or () if gpu.capability]
    refusals = [error for error in errors.of(_ROW) if not _is_met(error.text, known)]
    if not refusals or any(result.ok is False for result in kernel_results):
        return
    named = named_in((error.text for error in refusals), matrix)
    package = named or failing_in(traceback_packages, matrix) or "that package"
    made = (
        cures.extension(known[0], named=named) if known else [fixes.by_hand(_ANY.format(package))]
    )
    too_old = errors.matching(_LEAST)
    message = f"a package has no kernels for this GPU: {one_line(refusals[0].text, 200)}"
    yield finding(
        "extensions",
        message,
        because=errors.receipts(_ROW),
        fixes=[_OTHERWISE] if too_old else [*made, _OTHERWISE],
        confidence="medium",
    )


def _is_met(text: str, gpus: list[GpuTraits]) -> bool:
    """Whether every GPU has the capability that a text asks for: it is of another machine then."""
    least = next((int(one[1] or one[2]) for one in re.finditer(_LEAST, text)), None)
    own = [10 * gpu.capability.major + gpu.capability.minor for gpu in gpus if gpu.capability]
    return least is not None and bool(own) and min(own) >= least
