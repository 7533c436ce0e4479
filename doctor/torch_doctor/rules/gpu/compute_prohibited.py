"""A GPU is set to take no compute program at all.

What it checks
    Compute mode prohibited.
Why it matters
    CUDA does not offer the GPU to any program.
How to fix
    Set the mode to default.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#compute-modes
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import seen_to_run
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD208", severity="error", cause="gpu-busy", breaks=("start", "gpus"), about=("gpus",))
def check(gpus: tuple[Gpu, ...], kernel_results: tuple[KernelResult, ...] = ()) -> Iterator[Draft]:
    closed = [gpu for gpu in gpus if gpu.compute_mode == "prohibited"]
    ran = seen_to_run(kernel_results)
    closed = [gpu for gpu in closed if not ran(gpu)]
    some_left = len(closed) < len(gpus)
    for gpu in closed:
        allow = fixes.by_hand(
            "let programs use the GPU",
            f"sudo nvidia-smi -i {gpu.index} -c DEFAULT",
            scope="host",
            root=True,
        )
        message = f"GPU {gpu.index} is in compute mode prohibited: no program may compute on it"
        severity = Severity.WARNING if some_left else None
        yield finding(f"gpu:{gpu.index}", message, severity=severity, fixes=[allow])
