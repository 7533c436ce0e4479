"""The driver proof came to no end: a call hung, or ended the process.

What it checks
    The last step of the driver proof, which runs in a process of its own: hang, signal or early exit.
Why it matters
    The same call is the first that torch makes of the driver, or of the library that is named.
How to fix
    A hang or a crash of the driver itself ends with its state: restart the machine. In a library, install torch again.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__PRIMARY__CTX.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures

_WORDS = {
    "device": "asking for the device",
    "context": "taking a context",
    "ptx": "compiling a small kernel",
    "kernel": "running a small kernel",
    "code": "loading code of",
    "library": "opening and calling",
    "release": "giving the context back",
    "end": "the end of the process",
}


@rule("TD978", severity="error", cause="driver-state-needs-reboot", breaks="cuda")
def check(
    driver_proof: tuple[ProofStep, ...],
    cures: Cures,
    kernel_results: tuple[KernelResult, ...] = (),
    torch_version: TorchVersion | None = None,
) -> Iterator[Draft]:
    for step in driver_proof:
        if not step.cut:
            continue
        what = " ".join(filter(None, (_WORDS.get(step.step, step.step), step.of)))
        place = "" if step.gpu is None else f" on GPU {step.gpu}"
        message = f"{what}{place} came to no end: {one_line(step.error or 'no word', 300)}"
        severity, cause = None, None
        cure = fixes.reboot("so that the driver starts from a clean state")
        if step.step == "library":
            cause = "cudnn-incompatible" if step.of == "cudnn" else "torch-install-broken"
            cure = cures.torch_again() if torch_version is not None else cure
        if kernel_results and all(result.ok for result in kernel_results):
            severity = Severity.NOTE
            message += "; torch ran its kernels all the same"
        subject = "driver" if step.gpu is None else f"gpu:{step.gpu}"
        yield finding(subject, message, cause=cause, severity=severity, fixes=[cure])
