"""The GPU is too old for triton, so torch.compile does not work on it.

What it checks
    triton's own message about the capability of the GPU.
Why it matters
    The GPU runs eager torch only.
How to fix
    Do without torch.compile on this GPU.
References
    https://github.com/pytorch/pytorch/blob/main/torch/_inductor/scheduler.py
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD514", severity="warning", cause="triton-mismatch")
def check(
    errors: Errors,
    gpus: tuple[Gpu, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if errors.matching(r"too old to be supported by the triton GPU compiler"):
        message = (
            "this GPU is too old for triton (it needs capability 7.0): torch.compile fails on it"
        )
        eager = fixes.set_variable("TORCHDYNAMO_DISABLE", "1", "torch then runs eagerly")
        yield finding("triton", message, because=errors.receipts("triton_too_old"), fixes=[eager])
