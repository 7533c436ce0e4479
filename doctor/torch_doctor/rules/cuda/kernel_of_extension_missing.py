"""An extension's own words say that its kernel has no code for this GPU.

What it checks
    Error 209 (no kernel image) in a text that is not torch's: torch writes "CUDA error: …", and wrote
    "cuda runtime error (209) : …". A file of CUDA source or a function before it belongs to other code, and so does
    the error of which a report shows that a package's compiled module threw it, or was called last.
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
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import (
    distribution_of,
    failing_in,
    kernels_named_in,
    named_in,
)
from torch_doctor.rules.cuda._foreign import FOREIGN

# torch writes "CUDA error": who checks a call of CUDA's itself writes otherwise
_CAPITALS = regex(r"\bCUDA Error: no kernel image")
_ANY = "use a release of {} that supports this GPU, or build it for this GPU (TORCH_CUDA_ARCH_LIST)"
# A call of the driver stands for a package that nothing names.
_DRIVERS_CALL = regex(r"cu[A-Z]")


@rule("TD315", severity="error", cause="extension-arch-missing", breaks="cuda", explains=("TD216",))
def check(
    errors: Errors,
    judgement: Judgement,
    cures: Cures,
    matrix: Matrix,
    extension_builds: tuple[ExtensionBuild, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    failing_module: str | None = None,
) -> Iterator[Draft]:
    lacking = errors.matching("no kernel image")
    failing = [error for error in lacking if re.search(FOREIGN, error.text, re.IGNORECASE)]
    failing = failing or [error for error in lacking if kernels_named_in(error.text, matrix)]
    if not failing and traceback_packages[-1:] not in ((), ("torch",)):
        failing = [error for error in lacking if _CAPITALS.search(error.text)]
    failing = failing or (list(lacking) if failing_module else [])
    torchs = judgement.of(Kind.GPU_NEWER_THAN_BUILD, Kind.GPU_OLDER_THAN_BUILD)
    failed = any(result.ok is False for result in kernel_results)
    if not failing or torchs or failed or any(built.arch_list for built in extension_builds):
        return
    known = [gpu for gpu in cures.machine.gpus or () if gpu.capability]
    message = f"an extension has no code for this GPU: {one_line(failing[0].text, 200)}"
    named = named_in((error.text for error in failing), matrix)
    if failing_module and not named and not _DRIVERS_CALL.match(failing_module):
        named = distribution_of(failing_module, matrix, traceback_packages)
    package = named or failing_in(traceback_packages, matrix) or "that package"
    cure = (
        cures.extension(known[0], named=named) if known else [fixes.by_hand(_ANY.format(package))]
    )
    because = errors.receipts("cuda_209_no_kernel")
    yield finding("extensions", message, because=because, fixes=cure, confidence="medium")
