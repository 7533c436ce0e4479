"""The driver takes torch's code on a GPU for which the matrix says that there is none.

What it checks
    Objections of the law of compatibility about the code of the build, beside the driver's own answer to that code.
Why it matters
    Prediction and driver disagree: a row of the matrix or the list in the library is wrong, or only part of the code is
    there. A run of torch decides.
How to fix
    Let torch run a kernel (--proof torch), and please report the row.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MODULE.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule

_ABOUT_CODE = (Kind.GPU_NEWER_THAN_BUILD, Kind.GPU_OLDER_THAN_BUILD, Kind.PTX_NEWER_THAN_DRIVER)


@rule("TD973", severity="note")
def check(
    driver_proof: tuple[ProofStep, ...],
    judgement: Judgement,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if kernel_results:
        return  # what torch met on the GPU says more
    asked = [step for step in driver_proof if step.step == "code" and step.of == "torch"]
    if not asked or not all(step.ok for step in asked):
        return
    for objection in judgement.of(*_ABOUT_CODE):
        subject = "matrix" if objection.gpu is None else f"gpu:{objection.gpu}"
        taken, tried = (sum(getattr(step, of) or 0 for step in asked) for of in ("taken", "tried"))
        message = (
            f"the driver takes {taken} of {tried} containers of torch's code, against the prediction: "
            f"{objection.message}"
        )
        yield finding(subject, message, because=objection.because)
