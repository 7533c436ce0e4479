"""The program counts on several MIG instances, and one process can use only one.

What it checks
    A mask with several MIG instances, more processes or GPUs asked for than there are GPUs outside of
    MIG, and torch's own assertion about the device number.
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
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._slices import told

_INVALID_DEVICE = 101
_ASSERTION = r"device >= 0 && device < num_gpus"


@rule("TD212", severity="error", cause="mig", explains=("TD310", "TD409", "TD705", "TD706"))
def check(
    gpus: tuple[Gpu, ...] = (),
    cuda_visible_devices: str | None = None,
    requested_gpus: int | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    sliced = [gpu for gpu in gpus if gpu.mig_mode or " MIG " in f"{gpu.name} ".replace("-", " ")]
    whole = [gpu for gpu in gpus if gpu not in sliced]
    entries = [part.strip() for part in (cuda_visible_devices or "").split(",")]
    masked = [entry for entry in entries if entry.upper().startswith("MIG-")]
    own = fixes.by_hand(
        "start one process per instance, each with a mask of its own (nvidia-smi -L lists the UUIDs)",
        "CUDA_VISIBLE_DEVICES=MIG-… python …",
    )
    refused = bool(errors.numbered(_INVALID_DEVICE))
    said = refused and told(remarks)
    if not (sliced or masked or said):
        return
    asserted = bool(errors.matching(_ASSERTION)) or (refused and (bool(masked) or said))
    wants = requested_gpus if requested_gpus and requested_gpus > max(1, len(whole)) else 0
    if asserted or wants:
        count = f"{wants} devices are asked for" if wants else "several devices are counted"
        message = f"{count}, but CUDA offers one MIG instance to a process"
        yield finding("gpu", message, fixes=[own])
    elif len(masked) > 1:
        message = f"the mask names {len(masked)} MIG instances; a process can use the first alone"
        yield finding("environment", message, severity=Severity.WARNING, fixes=[own])
