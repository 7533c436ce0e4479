"""CUDA was started before the process was forked.

What it checks
    torch's message "Cannot re-initialize CUDA in forked subprocess".
Why it matters
    A CUDA context does not survive a fork; it is a fault of the program, not of the environment.
How to fix
    Start workers with spawn or forkserver, and touch no CUDA in the parent before.
References
    https://docs.pytorch.org/docs/stable/notes/multiprocessing.html#cuda-in-multiprocessing
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.torch._of_programs import own_fault

_TEXT = (
    r"Cannot re-initialize CUDA in forked subprocess"
    r"|CUDA driver error: initialization error.{0,200}fork"
)


@rule("TD418", severity="note")
def check(
    errors: Errors,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    message = "the program started CUDA and forked afterwards; a child cannot use CUDA then"
    cure = fixes.by_hand("start workers with multiprocessing.set_start_method('spawn')")
    yield from own_fault(errors, _TEXT, kernel_results, message, "cuda_fork", cure)
