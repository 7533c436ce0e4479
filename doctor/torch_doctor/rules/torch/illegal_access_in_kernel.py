"""A kernel of the program read or wrote memory that is not its own.

What it checks
    The texts "illegal memory access" and "misaligned address".
Why it matters
    Mostly a fault of a kernel or of an index; rarely failing memory, which the ECC counters and Xids would show.
How to fix
    Run with CUDA_LAUNCH_BLOCKING=1 or compute-sanitizer to find the kernel.
References
    https://docs.nvidia.com/compute-sanitizer/ComputeSanitizer/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.torch._of_programs import own_fault

_TEXT = (
    r"an illegal memory access was encountered|misaligned address"
    r"|cudaErrorIllegalAddress|cudaErrorMisalignedAddress|an illegal instruction was encountered"
)


@rule("TD416", severity="note")
def check(
    errors: Errors,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    message = "a kernel touched memory that is not its own: a fault of a program or extension, not of the environment"
    cure = fixes.by_hand("find the kernel", "compute-sanitizer python PROGRAM")
    yield from own_fault(errors, _TEXT, kernel_results, message, "cuda_700_illegal", cure)
