"""A kernel ran on a GPU although the matrix said that it could not.

What it checks
    Objections of the law of compatibility that an observation refutes.
Why it matters
    What was observed wins: the GPU is usable. A row of the matrix is wrong or incomplete.
How to fix
    Nothing to do here; please report the row.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule


@rule("TD420", severity="note", about=("judgement",))
def check(
    judgement: Judgement,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    for objection in judgement.contradicted:
        subject = "matrix" if objection.gpu is None else f"gpu:{objection.gpu}"
        message = f"it runs all the same, so a row of the matrix is wrong or incomplete: {objection.message}"
        yield finding(subject, message, because=objection.because)
