"""The mask names a MIG instance rightly, and torch or the program does not understand it.

What it checks
    A MIG UUID in CUDA_VISIBLE_DEVICES while torch counts no device, or a program that tried to read it
    as a number.
Why it matters
    The environment is in order: the UUID is how an instance is named. Old torch counted devices
    through NVML without reading MIG UUIDs, and some programs expect indices.
How to fix
    Update torch or the program; until then name the instance by its index.
References
    https://github.com/pytorch/pytorch/pull/92315
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._slices import ONE_EACH, wants_several

_AS_NUMBER = r"invalid literal for int\(\) with base 10: '\[?MIG-"


@rule(
    "TD213",
    severity="error",
    cause="mig",
    breaks="cuda",
    explains=("TD211", "TD310"),
    about=("cuda_visible_devices", "errors"),
)
def check(
    cuda_visible_devices: str | None = None,
    gpus: tuple[Gpu, ...] = (),
    torch_device_count: int | None = None,
    torch_version: TorchVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    requested_gpus: int | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    masked = (cuda_visible_devices or "").strip().upper().startswith("MIG-")
    by_index = fixes.set_variable(
        "CUDA_VISIBLE_DEVICES", "0", "the first instance that this process may use, by number"
    )
    if errors.matching(_AS_NUMBER):
        newer = fixes.by_hand("take a release of the program that reads UUIDs, where there is one")
        message = "the program reads the MIG UUID in CUDA_VISIBLE_DEVICES as a number"
        # The environment is in order and torch runs in it: the fault is the program's.
        several = (requested_gpus or 0) > 1 or any(map(wants_several, remarks))
        cures = [ONE_EACH, newer] if several else [by_index, newer]
        yield finding("environment", message, severity=Severity.WARNING, fixes=cures)
        return
    ran = any(result.ok for result in kernel_results)
    if (
        masked
        and torch_device_count == 0
        and (torch_version is None or torch_version.release < (2, 1))
    ):
        newer = fixes.by_hand("update torch: newer releases read MIG UUIDs")
        message = f"torch {torch_version or ''} counts no device behind the MIG UUID in the mask"
        severity = Severity.WARNING if ran else None
        text = message.replace("  ", " ")
        yield finding("torch", text, severity=severity, fixes=[newer, by_index])
