"""A program was ended by an uncorrectable memory error of the GPU.

What it checks
    CUDA's answer 214, uncorrectable ECC error, in an error text.
Why it matters
    The GPU's memory is at fault, not the program; torch and driver versions do not matter.
How to fix
    Drain the GPU, reset it so that the bad row is remapped, and have it replaced if it comes back.
References
    https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD811", severity="error", cause="gpu-hardware", breaks="cuda", explains=("TD800",))
def check(errors: Errors) -> Iterator[Draft]:
    if not errors.of("cuda_214_ecc"):
        return
    reset = fixes.by_hand(
        "stop every program that uses the GPU and reset it; have it replaced if the error returns",
        "nvidia-smi -q -d ECC,ROW_REMAPPER,PAGE_RETIREMENT",
        "sudo nvidia-smi --gpu-reset",
        scope="host",
        root=True,
    )
    message = "a program was ended by an uncorrectable memory error of the GPU (error 214)"
    yield finding("gpu", message, because=errors.receipts("cuda_214_ecc"), fixes=[reset])
