"""A memory page waits to be retired until the driver is loaded again.

What it checks
    NVML's "pending" of retired pages (GPUs before Ampere).
Why it matters
    The page is bad and still in use.
How to fix
    Reset the GPU or reboot.
References
    https://docs.nvidia.com/deploy/dynamic-page-retirement/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD803", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    for gpu in gpus:
        if gpu.pages_retired_pending:
            reset = fixes.reset_gpu(gpu.index, "reset the GPU when no program uses it, or reboot")
            message = f"GPU {gpu.index} has a bad memory page that waits for a reset to be retired"
            yield finding(f"gpu:{gpu.index}", message, fixes=[reset])
