"""The program ran out of GPU memory.

What it checks
    The texts of torch and CUDA about it.
Why it matters
    The program (or its neighbours on the GPU) needs more memory than there is; the environment is in order.
How to fix
    Use smaller batches, end other processes on the GPU, or let the allocator grow its segments.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.torch._of_programs import own_fault

_TEXT = (
    r"CUDA out of memory|CUDA error: out of memory"
    r"|torch\.(?:cuda\.)?OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED"
)


@rule("TD417", severity="note")
def check(
    errors: Errors,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    message = "the program ran out of GPU memory: the environment itself is not at fault"
    cure = fixes.set_variable(
        "PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True", "less is lost to gaps"
    )
    yield from own_fault(errors, _TEXT, kernel_results, message, "cuda_2_oom", cure)
