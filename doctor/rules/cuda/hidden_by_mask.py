"""CUDA_VISIBLE_DEVICES hides GPUs, or names some that do not exist.

What it checks
    Every form of the mask (indices, UUIDs, MIG) against the GPUs that the driver lists. CUDA reads it up to the first
    entry that it does not know.
Why it matters
    With no valid entry torch sees no GPU at all, and says no more than that.
How to fix
    Unset the variable, or name GPUs that are here.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.finding import Severity
from doctor.core.masks import read_mask
from doctor.core.records import Gpu, KernelResult
from doctor.core.rule import Draft, finding, rule
from doctor.core.text import plural


@rule("TD310", severity="error", cause="cuda-visible-devices", explains=("TD117", "TD205", "TD409"))
def check(
    cuda_visible_devices: str,
    gpus: tuple[Gpu, ...],
    kernel_results: tuple[KernelResult, ...] = (),
    scheduler: str | None = None,
) -> Iterator[Draft]:
    mask = read_mask(cuda_visible_devices, gpus)
    unset = fixes.unset_variable("CUDA_VISIBLE_DEVICES", "then every GPU is visible")
    if gpus and not mask.visible:
        why = f"{mask.unknown!r} names no GPU here" if mask.unknown else "it is empty or -1"
        message = f"CUDA_VISIBLE_DEVICES={cuda_visible_devices!r} hides every GPU: {why}"
        yield finding("environment", message, fixes=[unset])
    elif mask.unknown:
        message = (
            f"CUDA_VISIBLE_DEVICES={cuda_visible_devices!r}: {mask.unknown!r} names no GPU here, "
            f"so only {plural(len(mask.visible), 'GPU')} before it can be used"
        )
        yield finding("environment", message, severity=Severity.WARNING, fixes=[unset])
