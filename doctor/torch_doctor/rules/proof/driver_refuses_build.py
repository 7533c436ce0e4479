"""The driver refuses code of the installed torch on a GPU that it was expected to run on.

What it checks
    The driver proof: containers of GPU code out of torch's own library, loaded by the driver on each GPU, beside what
    the compiled arch list and the rows promise.
Why it matters
    torch starts, and its kernels fail. Prediction and driver disagree: a file, a row or the driver is not what it says.
How to fix
    Install torch again; if the driver refuses it still, take a build for this GPU.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MODULE.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.observed import answered
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.proof._steps import cause_of, failed, ran_in_torch, receipts

# Where the law says so itself, the driver agrees, and the rules that word it have the cure.
PREDICTED = (
    Kind.GPU_NEWER_THAN_BUILD,
    Kind.GPU_OLDER_THAN_BUILD,
    Kind.PTX_NEWER_THAN_DRIVER,
    Kind.JETSON_NEEDS_OWN_BUILD,
)


@rule("TD972", severity="error", cause="gpu-arch-not-in-wheel", breaks="cuda")
def check(
    driver_proof: tuple[ProofStep, ...],
    judgement: Judgement,
    cures: Cures,
    matrix: Matrix,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if judgement.of(*PREDICTED):
        return
    for step in failed(driver_proof, "code"):
        if step.of != "torch":
            continue
        message = f"the driver refuses torch's own code on GPU {step.gpu}: {answered(step)}"
        message += f", for {(step.tried or 0) - (step.taken or 0)} of {step.tried} containers"
        severity = None
        if ran_in_torch(step, kernel_results):
            severity = Severity.NOTE
            message += "; a kernel of torch ran there all the same"
        again = (cures.torch_again(),) if severity is None else ()
        yield finding(
            f"gpu:{step.gpu}",
            message,
            because=receipts(step, matrix, errors),
            cause=cause_of(step.code),
            severity=severity,
            fixes=again,
        )
