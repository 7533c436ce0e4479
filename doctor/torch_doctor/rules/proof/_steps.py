"""What rules about the driver proof share: whose answer a code is, its rows, and the cause that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action, Receipt
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix, receipt

OUT_OF_MEMORY, BUSY, NO_BINARY = 2, 46, 209
# The driver has no compiler for PTX, or was told not to use it, or knows less of PTX than what it was given.
NO_PTX = (218, 221, 222, 223)
_CAUSES = {
    OUT_OF_MEMORY: "gpu-busy",
    BUSY: "gpu-busy",
    214: "gpu-hardware",
    220: "gpu-hardware",
    802: "fabric-manager",
    803: "driver-library-version-mismatch",
    804: "forward-compat-unsupported",
    999: "driver-state-needs-reboot",
    NO_BINARY: "gpu-arch-not-in-wheel",
    222: "ptx-unsupported-toolchain",
}


def failed(steps: Iterable[ProofStep], *names: str) -> Iterator[ProofStep]:
    """Yield the steps of these names that were refused; what ended the child is another matter."""
    return (step for step in steps if step.step in names and not step.ok and not step.cut)


def cause_of(code: int | None, otherwise: str = "unexplained") -> str:
    """Return the cause that an answer of the driver stands for."""
    return _CAUSES.get(code or 0, otherwise)


def receipts(step: ProofStep, matrix: Matrix, errors: Errors) -> tuple[Receipt, ...]:
    """Return the rows that say what a code means, and what is known of it."""
    if step.code is None:
        return ()
    own = step.of if step.step == "library" and not (step.call or "").startswith("cuMem") else None
    api = own or "cuda-driver"
    rows = (row for row in matrix.error_codes if (row.api, row.code) == (api, step.code))
    known = errors.receipts_for(step.code) if api == "cuda-driver" else ()
    return (*(receipt("error_codes", row) for row in rows), *known)


def ran_in_torch(step: ProofStep, results: Iterable[KernelResult]) -> bool:
    """Whether torch ran a kernel on the same device: both go by CUDA's own numbers."""
    return any(result.ok and result.index == step.gpu for result in results)


def put_in_front(error: str, preload: str | None, path: str | None) -> Action | None:
    """Return what takes away the file at fault, where a variable of the loader put it before torch's own."""
    file = re.match(r"(/\S+/)[^/\s:]+\.so[\w.]*: ", error)
    if not file:
        return None
    if error.partition(": ")[0] in re.split(r"[\s:]+", preload or ""):
        return fixes.unset_variable("LD_PRELOAD", "torch brings the libraries that it needs")
    folder = file[1].rstrip("/")
    named = folder in [entry.rstrip("/") for entry in re.split("[:;]", path or "")]
    return fixes.off_library_path(folder, path) if named else None
