"""cuBLAS, cuDNN or NCCL cannot be opened as torch would, or refuses its first call.

What it checks
    The driver proof: each library from the file that the loader takes for torch, and one small call of it.
Why it matters
    Without cuBLAS there is no matrix product, without cuDNN no convolution, and a library that cannot be opened keeps
    torch from being imported.
How to fix
    Install torch again, and take other copies of the library off the loader's path.
References
    https://docs.nvidia.com/cuda/cublas/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import answered
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.proof._steps import failed, put_in_front, ran_in_torch, receipts

_NAMES = {"cublas": "cuBLAS", "cudnn": "cuDNN", "nccl": "NCCL"}
_CAUSES = {"cudnn": "cudnn-incompatible"}
_MEMORY = {("cublas", 3), ("cudnn", 2), ("cudnn", 4000)}


@rule("TD975", severity="error", cause="cuda-libs-missing", breaks="cuda")
def check(
    driver_proof: tuple[ProofStep, ...],
    cures: Cures,
    matrix: Matrix,
    torch_libraries_missing: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    torch_version: TorchVersion | None = None,
    ld_preload: str | None = None,
    ld_library_path: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    for step in failed(driver_proof, "library"):
        of = step.of or "library"
        unopened = step.code is None and step.call is None
        if unopened and torch_libraries_missing:
            continue  # the loader's way was followed, and says which file is not there
        name = _NAMES.get(of, of)
        message = f"{name} cannot be used as torch would use it: {answered(step)}"
        # torch is linked to all of them
        severity = None if unopened or of == "cublas" else Severity.WARNING
        if ran_in_torch(step, kernel_results):
            severity = Severity.NOTE
            message += "; torch ran a kernel all the same"
        cause = "gpu-busy" if (of, step.code) in _MEMORY or step.code == 2 else _CAUSES.get(of)
        cure = cures.torch_again() if torch_version is not None else None
        if unopened and (away := put_in_front(step.error or "", ld_preload, ld_library_path)):
            cause, cure = "cuda-libs-shadowed", away
        yield finding(
            of,
            message,
            because=receipts(step, matrix, errors),
            cause=cause if cause or unopened else "unexplained",
            severity=severity,
            fixes=(cure,) if cure else (),
        )
