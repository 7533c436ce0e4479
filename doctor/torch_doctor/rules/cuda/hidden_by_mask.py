"""CUDA_VISIBLE_DEVICES hides GPUs, or names some that do not exist.

What it checks
    Every form of the mask (indices, UUIDs, MIG) against the GPUs that the driver lists; CUDA reads it up to the first
    entry that it does not know, and refuses one that names a GPU twice. Where nobody listed them, a mask without index
    0 and the error that there are none.
Why it matters
    With no valid entry torch sees no GPU at all, and says no more than that.
How to fix
    Unset the variable, or name GPUs that are here, where it is set: shell, program or scheduler.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.matrix.law.masks import read_mask
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.cuda._masks import (
    NO_GPUS,
    USED,
    blames,
    counted,
    in_program,
    left,
    nameless,
    show_gpus,
)

_ODD = regex(r"\s*(?:[1-9]\d*|-1|NoDevFiles|none|void|off|cpu)?\s*")


@rule("TD310", severity="error", cause="cuda-visible-devices", breaks=("start", "gpus"))
def check(
    gpus: Fact[tuple[Gpu, ...]],
    kernel_results: tuple[KernelResult, ...] = (),
    scheduler: str | None = None,
    job_gpus_requested: bool | None = None,
    container: str | None = None,
    cuda_visible_devices: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    mask_set_by: str | None = None,
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_visible_devices is None:
        own, alone = mask_set_by == "program", scheduler is None and container is None
        yield from in_program(remarks, errors, cuda_available, named=own, alone=alone)
        return
    listed = gpus.value if isinstance(gpus, Known) else None
    numbered = bool(job_gpus_requested and cuda_visible_devices.strip())
    cures = [show_gpus(mask_set_by, scheduler, asked=numbered)]
    named = f"CUDA_VISIBLE_DEVICES={cuda_visible_devices!r}"
    ran = any(result.ok for result in kernel_results)
    if (ran and not listed) or errors.matching(USED):
        return
    if listed is None:
        none = errors.of(*NO_GPUS) or cuda_available is False
        if _ODD.fullmatch(cuda_visible_devices) and none:
            text = f"{named} {blames(cuda_visible_devices)}"
            yield finding("environment", text, fixes=cures, confidence="medium")
        return
    mask = read_mask(cuda_visible_devices, listed)
    if listed and not mask.visible and counted(errors, cuda_available, mask_set_by):
        return
    if listed and not mask.visible:
        why = nameless(mask.unknown, mask.twice) if mask.unknown else "it names none"
        message = f"{named} hides every GPU: {why}"
        yield finding("environment", message, severity=Severity.NOTE if ran else None, fixes=cures)
    elif mask.unknown:
        message = f"{named}: {mask.unknown!r} names no GPU, {left(mask)}"
        yield finding("environment", message, severity=Severity.WARNING, fixes=cures)
