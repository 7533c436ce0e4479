"""A program was ended by an uncorrectable NVLink error.

What it checks
    CUDA's answer 220, uncorrectable NVLink error, in an error text.
Why it matters
    A link between GPUs is at fault, not the program.
How to fix
    Look at the link counters; reset the GPUs at both ends; reseat or replace what repeats.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD812", severity="error", cause="gpu-hardware", breaks="cuda", explains=("TD711", "TD807"))
def check(errors: Errors) -> Iterator[Draft]:
    if not errors.of("cuda_220_nvlink"):
        return
    counters = fixes.by_hand(
        "read which link it is, then reset the GPUs at its ends",
        "nvidia-smi nvlink -e",
        "sudo nvidia-smi --gpu-reset",
        scope="host",
        root=True,
    )
    message = "a program was ended by an uncorrectable NVLink error (error 220)"
    yield finding("gpu", message, because=errors.receipts("cuda_220_nvlink"), fixes=[counters])
