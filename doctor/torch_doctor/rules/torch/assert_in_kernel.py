"""A kernel of the program met an assertion.

What it checks
    The text "device-side assert triggered".
Why it matters
    It is a fault of the program, mostly an index or a label out of range; the environment is in order as far as this
    error tells. The process cannot use CUDA after it.
How to fix
    Run the same step on the CPU, or with CUDA_LAUNCH_BLOCKING=1: the message then names the line.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.torch._of_programs import own_fault

_TEXT = (
    r"device-side assert triggered|cudaErrorAssert"
    r"|Assertion `.{0,200}` failed\.?\s*$"
)


@rule("TD415", severity="note")
def check(
    errors: Errors,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    message = "the program's own data failed an assertion in a kernel (an index or a label out of range, mostly)"
    cure = fixes.set_variable("CUDA_LAUNCH_BLOCKING", "1", "the error then names the line")
    yield from own_fault(errors, _TEXT, kernel_results, message, "cuda_710_assert", cure)
