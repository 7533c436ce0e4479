"""The ptxas that triton uses does not know this GPU.

What it checks
    ptxas's message about an unknown gpu-name or PTX version, its end (255) where it was to compile for a GPU of the
    newest generations, and TRITON_PTXAS_PATH; triton's word that what it compiled has no code for a GPU that torch
    has code for.
Why it matters
    torch.compile and triton kernels fail; eager torch runs.
How to fix
    Use a newer triton, or name the ptxas of a toolkit that knows the GPU.
References
    https://github.com/triton-lang/triton/issues/8539
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_TARGET = r"Value ['\"`]?sm_\d+[af]?['\"`]? is not defined for option ['\"`]?gpu-name"
_FAILED = r"ptxas\b[^\n]{0,200}--gpu-name=sm_1\d\d[af]?\b[^\n]{0,300}(?:exit status|error code) 255"
_PTX = r"Unsupported \.version \d+\.\d+; current version is"
_NO_IMAGE = r"Triton Error \[CUDA\]: no kernel image"


@rule("TD513", severity="error", cause="triton-mismatch", breaks="cuda", explains=("TD308",))
def check(
    errors: Errors,
    matrix: Matrix,
    judgement: Judgement,
    triton_ptxas_path: str | None = None,
    packages: tuple[Package, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen = errors.matching(f"{_TARGET}|{_FAILED}|{_PTX}")
    unloaded = errors.matching(_NO_IMAGE) if judgement.served else ()
    seen = seen or unloaded
    if not seen:
        return
    target = re.search(r"sm_(\d+)(\d)[af]?", seen[0].text)
    path = re.search(r"[\w.~/-]+/ptxas\b", seen[0].text)
    if path and "/triton/" not in path[0] and triton_ptxas_path is None:
        triton_ptxas_path = path[0]
    which = f"ptxas at {triton_ptxas_path}" if triton_ptxas_path else "the ptxas that triton brings"
    message = f"{which} does not know {target[0]}" if target else f"{which} does not know this PTX"
    if seen is unloaded:
        message = "what triton compiled has no code for this GPU, which torch has code for"
    row = None
    if target:
        capability = f"{target[1]}.{target[2]}"
        row = next((r for r in matrix.architectures if r.capability == capability), None)
    need = f" (CUDA {row.first_cuda} or newer)" if row else ""
    cure = [fixes.by_hand(f"install a triton whose ptxas knows this GPU{need}, or a newer torch")]
    if triton_ptxas_path:
        cure.insert(0, fixes.unset_variable("TRITON_PTXAS_PATH", "triton's own ptxas may be newer"))
    else:
        why = f"the ptxas of a toolkit that knows the GPU{need}"
        cure.append(fixes.set_variable("TRITON_PTXAS_PATH", "/usr/local/cuda/bin/ptxas", why))
    yield finding("triton", message, because=errors.receipts("triton_ptxas"), fixes=cure)
