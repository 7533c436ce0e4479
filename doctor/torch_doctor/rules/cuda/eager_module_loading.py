"""CUDA_MODULE_LOADING=EAGER loads every kernel at the start.

What it checks
    The variable.
Why it matters
    Starting takes longer and each process uses hundreds of MiB more of GPU memory.
How to fix
    Unset it; lazy loading is the default of newer CUDA.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/lazy-loading.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD312", severity="note")
def check(
    cuda_module_loading: str,
) -> Iterator[Draft]:
    if cuda_module_loading.strip().upper() == "EAGER":
        message = "CUDA_MODULE_LOADING=EAGER: every kernel is loaded at the start of each process"
        unset = fixes.unset_variable("CUDA_MODULE_LOADING", "kernels are then loaded on first use")
        yield finding("environment", message, fixes=[unset])
