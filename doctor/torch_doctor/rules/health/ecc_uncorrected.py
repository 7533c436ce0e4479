"""A GPU had uncorrectable memory errors since the driver was loaded.

What it checks
    The volatile count of uncorrected ECC errors. The count over the board's life is not judged: a row
    that was remapped years ago is in order.
Why it matters
    A program that touches the bad cell is ended, and results before that may be wrong.
How to fix
    Drain the GPU and reset it, so that the row is remapped; replace the board if it comes back.
References
    https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes

_TEXT = "stop every program that uses this GPU and reset it; replace the board if errors return"


@rule("TD800", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    for gpu in gpus:
        if not gpu.ecc_uncorrected:
            continue
        reset = fixes.reset_gpu(
            gpu.index,
            "stop every program that uses this GPU and reset it; replace the board if errors return",
        )
        count = plural(gpu.ecc_uncorrected, "uncorrectable memory error")
        message = f"GPU {gpu.index} had {count} since the driver was loaded"
        yield finding(f"gpu:{gpu.index}", message, fixes=[reset])
