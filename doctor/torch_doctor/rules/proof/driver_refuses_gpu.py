"""The driver refuses a context or a kernel of our own on a GPU.

What it checks
    The driver proof, which torch has no part in: the primary context and one small kernel on each GPU.
Why it matters
    What the driver refuses to a kernel of nine instructions, it refuses to every program.
How to fix
    Depends on the driver's code; the message names it.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.observed import answered
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.proof._steps import (
    BUSY,
    NO_PTX,
    OUT_OF_MEMORY,
    cause_of,
    failed,
    ran_in_torch,
    receipts,
)


@rule("TD971", severity="error", cause="unexplained", breaks="cuda", explains=("TD972", "TD975"))
def check(
    driver_proof: tuple[ProofStep, ...],
    matrix: Matrix,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    for step in failed(driver_proof, "device", "context", "ptx", "kernel"):
        if step.step == "ptx" and step.code in NO_PTX:
            continue
        what = "a context" if step.step in ("device", "context") else "a small kernel"
        message = f"the driver refuses {what} on GPU {step.gpu}: {answered(step)}"
        cause = cause_of(step.code)
        if step.step == "kernel" and step.code is None:
            message = f"a small kernel on GPU {step.gpu} went wrong: {answered(step)}"
            cause = "gpu-hardware"
        severity = None
        if ran_in_torch(step, kernel_results):
            severity = Severity.NOTE
            message += "; torch ran there afterwards, so it was so for a moment"
        because = receipts(step, matrix, errors)
        subject = f"gpu:{step.gpu}"
        cures = _cures(step.code)
        yield finding(
            subject, message, because=because, cause=cause, severity=severity, fixes=cures
        )


def _cures(code: int | None) -> list[Action]:
    if code in (OUT_OF_MEMORY, BUSY):
        text = "see which programs hold the GPU; wait for them or end them"
        return [fixes.by_hand(text, "nvidia-smi", scope="host")]
    return [fixes.reboot("if the driver goes on to refuse it")] if code else []
