"""The driver is installed but does not start: NVML or cuInit answers with an error.

What it checks
    What nvmlInit and cuInit answered, where no rule of its own explains that number.
Why it matters
    Every CUDA program fails the same way until the driver's state is mended.
How to fix
    Depends on the number; the message names it.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.finding import Fix
from doctor.core.rule import Draft, finding, rule

# cuInit answers that other rules word: stub, too old, compat on ineligible hardware; 100 is a mask or no device.
_ELSEWHERE = frozenset({0, 34, 35, 100, 804})
NVML_DRIVER_NOT_LOADED, NVML_NO_PERMISSION, NVML_MISMATCH, NVML_UNKNOWN = 9, 4, 18, 999
CUDA_NOT_INITIALIZED, CUDA_SYSTEM_NOT_READY, CUDA_UNKNOWN = 3, 802, 999


@rule("TD117", severity="error", cause="driver-state-needs-reboot", explains=("TD409",))
def check(nvml_status=None, cuda_init=None, container=None, kernel_results=()) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    if cuda_init is not None and cuda_init.code not in _ELSEWHERE:
        cause = "fabric-manager" if cuda_init.code == CUDA_SYSTEM_NOT_READY else None
        message = f"cuInit answers {cuda_init.code} ({cuda_init.name})"
        yield finding("driver", message, cause=cause, fixes=_cures(cuda_init.code))
    elif nvml_status is not None and nvml_status.code not in (0, NVML_MISMATCH):
        if nvml_status.code == NVML_UNKNOWN and container:
            return
        message = f"nvmlInit answers {nvml_status.code} ({nvml_status.name})"
        cause = "no-driver-or-module" if nvml_status.code in (NVML_DRIVER_NOT_LOADED, NVML_NO_PERMISSION) else None
        yield finding("driver", message, cause=cause, fixes=_cures(nvml_status.code))


def _cures(code: int) -> list[Fix]:
    if code == NVML_DRIVER_NOT_LOADED:
        return [fixes.load_module("nvidia"), fixes.by_hand("read why it does not load", "sudo dmesg | grep -i nvrm")]
    if code == CUDA_SYSTEM_NOT_READY:
        start = "sudo systemctl enable --now nvidia-fabricmanager"
        return [fixes.by_hand("start the Fabric Manager of exactly the driver's release", start, scope="host", root=True)]
    reload = fixes.by_hand(
        "reload nvidia_uvm, with every program that uses a GPU stopped",
        "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
        scope="host",
        root=True,
    )
    return [reload, fixes.reboot("if that does not help")]
