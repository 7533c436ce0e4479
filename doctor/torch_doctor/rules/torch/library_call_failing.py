"""A plain kernel ran, but a matrix product or a convolution failed.

What it checks
    The stages of the live check: torch's own kernel, then cuBLAS (a matrix product) and cuDNN (a convolution).
Why it matters
    The driver and torch's code are in order; the library behind that step is not.
How to fix
    Install torch's own NVIDIA libraries again, and keep others off the loader's path.
References
    https://docs.pytorch.org/docs/stable/backends.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes.cures import Cures

_STEPS = {"matmul": "a matrix product (cuBLAS)", "conv": "a convolution (cuDNN)"}


@rule("TD432", severity="error", cause="unexplained")
def check(
    live_stages: tuple[StageResult, ...],
    kernel_results: tuple[KernelResult, ...],
    cures: Cures,
) -> Iterator[Draft]:
    ran = {result.index for result in kernel_results if result.ok}
    for stage in live_stages:
        if stage.ok or stage.stage not in _STEPS or stage.gpu not in ran:
            continue
        error = one_line(stage.error or "no error text", 240)
        cause = "cudnn-incompatible" if stage.stage == "conv" else None
        if "out of memory" in error or "ALLOC_FAILED" in error:
            cause = "gpu-busy"
        yield finding(
            f"gpu:{stage.gpu}",
            f"a kernel ran, but {_STEPS[stage.stage]} failed: {error}",
            cause=cause,
            fixes=[] if cause == "gpu-busy" else [cures.torch_again()],
        )
