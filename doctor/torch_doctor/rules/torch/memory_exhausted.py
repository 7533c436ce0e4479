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
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

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
    if not errors.matching(_TEXT) or any(not result.ok for result in kernel_results):
        return
    message = "the program ran out of GPU memory: the environment itself is not at fault"
    yield finding(
        "program",
        message,
        because=errors.receipts("cuda_2_oom"),
        fixes=[
            fixes.set_variable(
                "PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True", "less is lost to gaps"
            )
        ],
    )
