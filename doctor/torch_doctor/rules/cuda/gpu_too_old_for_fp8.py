"""The GPU is too old for FP8.

What it checks
    The message of TransformerEngine and of torch about FP8 and the capability of the GPU.
Why it matters
    FP8 needs capability 8.9; everything else runs.
How to fix
    Use bf16 on this GPU.
References
    https://docs.nvidia.com/deeplearning/transformer-engine/user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_TEXT = r"compute capability 8\.9 or higher required for FP8|_scaled_mm is only supported on CUDA devices"


@rule("TD314", severity="note")
def check(
    errors: Errors,
    gpus: tuple[Gpu, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if errors.matching(_TEXT):
        message = "FP8 needs capability 8.9 or newer, which this GPU does not have"
        other = fixes.by_hand("use bf16 (or fp16) on this GPU")
        yield finding("program", message, because=errors.receipts("te_fp8"), fixes=[other])
