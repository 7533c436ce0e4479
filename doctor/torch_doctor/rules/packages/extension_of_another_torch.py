"""A compiled extension was built for another torch, or for the other C++ ABI.

What it checks
    Undefined symbols of torch (c10, at, torch) that a module names on import, and which C++ ABI they belong to.
Why it matters
    The module cannot be loaded: extensions are bound to one torch release and one ABI.
How to fix
    Install the build of the module for this torch, or build it here against the installed torch.
References
    https://github.com/Dao-AILab/flash-attention/issues/1644
    https://docs.pytorch.org/docs/stable/cpp_index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.builds.kept import kept_from_before
from torch_doctor.fixes.extensions import published
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import distribution_of
from torch_doctor.rules.packages._companion import (
    UNNAMED_EXTENSION,
    abi_of,
    built_for_this_torch,
    left_out,
    unnamed_by_its_makers,
    without_symbol,
)

# Mangled names of torch's own namespaces: c10, at, torch, caffe2, and its C interface.
_TORCHS = (
    r"_ZNK?(?:3c10|2at|5torch|6caffe2)|_ZT[IVS]N(?:3c10|2at|5torch)|_ZN?K?2at|aoti_torch|THP[A-Z]"
)
_OTHERS = r"torchvision|torchaudio|_torch_sox|torchtext|torchcodec|torchao|vllm|xformers|lib(?:torch|c10|caffe2)[_.]"


@rule("TD520", severity="error", cause="extension-abi-mismatch")
def check(
    errors: Errors,
    matrix: Matrix,
    cxx11_abi: bool | None = None,
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    import_failures: tuple[ImportFailure, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    for failure in (*errors.undefined(_TORCHS), *without_symbol(errors, matrix)):
        module = failure.module or UNNAMED_EXTENSION
        if re.search(_OTHERS, module) or left_out(failure, errors_seen):
            continue
        symbol = failure.symbol or ""
        built = abi_of(symbol)
        message = f"{module} lacks {symbol[:120] or 'a symbol'}: it was built for another torch"
        if built is not None and cxx11_abi is not None and built != cxx11_abi:
            own, torchs = ("new", "old") if built else ("old", "new")
            message = f"{module} was built for the {own} C++ ABI, torch uses the {torchs} one"
        elif torch_version is not None:
            message += f" than {torch_version}"
        named = None if module == UNNAMED_EXTENSION else module
        package = distribution_of(named, matrix, traceback_packages)
        receipts = errors.receipts("flash_attn_symbol")
        pages = list(published(package or "", torch_version, torch_cuda, matrix))
        known = (package or "") in {row.package for row in matrix.companions}
        doubt, rows = unnamed_by_its_makers(package or "", torch_version, matrix)
        served = bool(pages) or (known and not doubt)
        cures = [
            *kept_from_before(errors_seen, remarks),
            *pages,
            *built_for_this_torch(package or module, matrix, served=served),
        ]
        yield finding("extensions", message + doubt, because=(*receipts, *rows), fixes=cures)
        return
