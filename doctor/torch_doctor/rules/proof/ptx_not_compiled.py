"""The driver compiles no PTX: it refuses a small kernel in PTX that any driver of today knows.

What it checks
    The driver proof: a kernel of our own in PTX 6.0, which the driver has to compile.
Why it matters
    Machine code runs all the same. What comes as PTX does not: code for a GPU newer than the build, and kernels that
    programs write while they run.
How to fix
    Unset CUDA_DISABLE_PTX_JIT; bring in libnvidia-ptxjitcompiler, which is part of the driver's compute libraries.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import answered
from torch_doctor.core.records import ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.proof._steps import NO_PTX, failed, receipts

_DISABLED = 223


@rule("TD977", severity="warning", cause="ptx-unsupported-toolchain")
def check(
    driver_proof: tuple[ProofStep, ...],
    matrix: Matrix,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    for step in failed(driver_proof, "ptx"):
        if step.code not in NO_PTX:
            continue
        message = f"the driver compiles no PTX on GPU {step.gpu}: {answered(step)}"
        cures, severity = [], None
        if (
            step.code == _DISABLED
        ):  # somebody wants it so, and where code needs it another rule objects
            severity = Severity.NOTE
            why = "so that the driver compiles PTX"
            cures = [fixes.unset_variable("CUDA_DISABLE_PTX_JIT", why)]
        because = receipts(step, matrix, errors)
        yield finding(f"gpu:{step.gpu}", message, because=because, severity=severity, fixes=cures)
        return  # it is the driver's library: what it answers on one GPU, it answers on all
