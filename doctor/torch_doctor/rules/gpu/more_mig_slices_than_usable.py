"""The program counts on several MIG instances, and one process can use only one.

What it checks
    A mask with several MIG instances, words of somebody who counts one device or wants several, more processes or GPUs
    asked for than there are GPUs outside of MIG, and torch's own assertion about the device number.
Why it matters
    CUDA offers a process the first instance and hides the others; NVML lists them all. Several
    instances of one GPU cannot take part in one NCCL job either.
How to fix
    Start one process per instance, each with its own CUDA_VISIBLE_DEVICES, or switch MIG off.
References
    https://docs.nvidia.com/datacenter/tesla/mig-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._slices import say_sliced

_INVALID_DEVICE = 101
_MIG = regex(r"(?i)\bMIG\b|\b\dg\.\d{1,3}gb\b")
# Somebody wants several instances in one program, or wonders that it counts one.
_SEVERAL = regex(
    r"(?i)\b(?:multiple|several|all(?: of)?(?: the)?|both|more than one|two|three|four|seven|[2-7])\b[^.;\n]{0,30}"
    r"\b(?:MIG|instances?|slices?|partition\w*)\b[^.;\n]{0,60}\b(?:not support\w*|can(?:no|')t|how|use|see|only)\b"
    r"|\bonly (?:see\w* |show\w* |use\w* |detect\w* |find\w* )?(?:one|1|a single|the first)\b",
)
_ASSERTION = r"\bdevice < num_gpus\b"


@rule("TD212", severity="error", cause="mig", breaks="cuda", explains=("TD310", "TD705", "TD706"))
def check(
    gpus: tuple[Gpu, ...] = (),
    cuda_visible_devices: str | None = None,
    requested_gpus: int | None = None,
    torch_device_count: int | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    sliced = [gpu for gpu in gpus if gpu.mig_mode or " MIG " in f"{gpu.name} ".replace("-", " ")]
    whole = [gpu for gpu in gpus if gpu not in sliced]
    entries = [part.strip() for part in (cuda_visible_devices or "").split(",")]
    masked = [entry for entry in entries if entry.upper().startswith("MIG-")]
    own = fixes.by_hand(
        "start one process per instance, each with one of these UUIDs (MIG-…) as its CUDA_VISIBLE_DEVICES",
        "nvidia-smi -L",
    )
    refused = bool(errors.numbered(_INVALID_DEVICE))
    counted = bool(errors.matching(_ASSERTION))
    in_words = (refused or counted) and say_sliced(remarks)
    if not (masked or in_words) and _is_asked_about(sliced, torch_device_count, remarks):
        message = "CUDA offers one MIG instance to a process, however many there are: it counts one device"
        yield finding("gpu", message, severity=Severity.WARNING, fixes=[own], confidence="medium")
        return
    if not (sliced or masked or in_words):
        return
    asserted = counted or (refused and (bool(masked) or in_words))
    wants = requested_gpus if requested_gpus and requested_gpus > max(1, len(whole)) else 0
    if asserted or wants:
        count = f"{wants} devices are asked for" if wants else "several devices are counted"
        message = f"{count}, but CUDA offers one MIG instance to a process"
        yield finding("gpu", message, fixes=[own])
    elif len(masked) > 1:
        message = f"the mask names {len(masked)} MIG instances; a process can use the first alone"
        yield finding("environment", message, severity=Severity.WARNING, fixes=[own])


def _is_asked_about(sliced: list[Gpu], count: int | None, remarks: tuple[ErrorSeen, ...]) -> bool:
    """Whether words ask why one program has one of several instances."""
    spoken = any(_MIG.search(remark.text) for remark in remarks)
    listed = sum(bool(one.uuid) for gpu in sliced for one in gpu.mig_devices or ())
    wondered = any(_SEVERAL.search(remark.text) and _MIG.search(remark.text) for remark in remarks)
    return listed != 1 and bool(sliced or spoken) and (wondered or (spoken and count == 1))
