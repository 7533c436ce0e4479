"""Two CUDA libraries of different releases were loaded together.

What it checks
    Refusals of the loader in which torch or a CUDA library wants a function that the loaded cuBLAS, cuSOLVER,
    cuSPARSE, cuFFT, cuRAND or NVRTC lacks. NCCL, cuDNN and nvJitLink have rules of their own.
Why it matters
    The libraries of one toolkit are made for each other: libcublas of one release does not load beside
    libcublasLt of another, and torch needs those that it was built with.
How to fix
    Take the other copy out of the loader's way: LD_LIBRARY_PATH, ld.so.conf, a conda cudatoolkit.
References
    https://github.com/pytorch/pytorch/pull/174320
    https://github.com/pytorch/pytorch/issues/51080
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors

_LIBRARIES = r"cublas(?:Lt)?|cusolver|cusparse|cufft|curand|nvrtc"
# glibc words it in two ways: for a symbol that no file defines, and for a version that one file lacks. Titles cut it.
_ELSEWHERE = (
    rf"version lib(?:{_LIBRARIES})\.so\S* not defined in file"
    rf"|(?<![\w/.])lib(?:{_LIBRARIES})\.so[.\d]*[`'\"]{{0,2}} (?:is |was )?not defined\b"
)
_ASKER = rf"lib(?:torch|c10|{_LIBRARIES})\w*\.so"


@rule("TD768", severity="error", cause="cuda-libs-shadowed", breaks="import", explains=("TD751",))
def check(
    errors: Errors,
    cures: Cures,
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    wanted = [
        failure
        for failure in errors.undefined(rf"(?:{_LIBRARIES})[A-Z]")
        if re.match(_ASKER, failure.module or "")
    ]
    lacking = errors.matching(r"\.so\S* (?:is |was )?not defined")
    elsewhere = [error for error in lacking if re.search(_ELSEWHERE, error.text)]
    recognised = errors.of("cuda_library_symbol", "library_from_elsewhere")
    if wanted:
        of = f" ({wanted[0].version})" if wanted[0].version else ""
        message = (
            f"{wanted[0].module} wants {wanted[0].symbol}{of}, which the copy that was loaded lacks"
        )
    elif elsewhere:
        message = f"two CUDA libraries do not fit each other: {one_line(elsewhere[0].text, 240)}"
    elif recognised:
        message = f"another copy of a CUDA library is loaded: {one_line(recognised[0].text, 240)}"
    else:
        return
    why = "another release of a CUDA library comes before torch's own"
    aside = fixes.unset_variable("LD_LIBRARY_PATH", why)
    if not ld_library_path:
        text = "take the other copy off the loader's path (LD_LIBRARY_PATH, ld.so.conf, a conda cudatoolkit)"
        aside = fixes.by_hand(text)
    because = errors.receipts("cuda_library_symbol")
    yield finding("libraries", message, because=because, fixes=[aside, cures.torch_again()])
