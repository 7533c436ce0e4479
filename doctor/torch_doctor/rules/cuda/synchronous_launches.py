"""CUDA_LAUNCH_BLOCKING makes every kernel launch wait.

What it checks
    The variable.
Why it matters
    It is meant for finding the place of an error. Left set, it makes programs slower.
How to fix
    Unset it when done.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD311", severity="note")
def check(
    cuda_launch_blocking: str,
) -> Iterator[Draft]:
    if cuda_launch_blocking not in ("", "0"):
        message = (
            f"CUDA_LAUNCH_BLOCKING={cuda_launch_blocking}: every kernel launch waits for its end"
        )
        unset = fixes.unset_variable("CUDA_LAUNCH_BLOCKING", "launches overlap again")
        yield finding("environment", message, fixes=[unset])
