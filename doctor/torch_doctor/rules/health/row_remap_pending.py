"""A memory row waits to be remapped until the GPU is reset.

What it checks
    NVML's "remapping pending" (Ampere and newer).
Why it matters
    The driver found a bad row and will put a spare in its place at the next reset; until then a program
    may hit it again.
How to fix
    Reset the GPU when it is convenient.
References
    https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD801", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    for gpu in gpus:
        if gpu.row_remap_pending:
            reset = fixes.reset_gpu(gpu.index, "reset the GPU when no program uses it, or reboot")
            message = f"GPU {gpu.index} has a memory row that waits for a reset to be remapped"
            yield finding(f"gpu:{gpu.index}", message, fixes=[reset])
