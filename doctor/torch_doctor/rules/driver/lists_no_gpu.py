"""nvidia-smi finds no device: the open kernel modules may be needed, or nothing says why.

What it checks
    In a report: nvidia-smi says that no devices were found. Where the GPU that is named needs the open kernel modules,
    and nothing says that those are loaded, they are the cause; else it is left unexplained.
Why it matters
    The proprietary flavour loads beside such a GPU and does not take it: the driver answers and lists nothing.
How to fix
    Install the open flavour of the same driver and reboot; otherwise read what the kernel says.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html
    https://github.com/NVIDIA/open-gpu-kernel-modules/issues/872
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._remedies import other_flavour

_LOOK = fixes.by_hand(
    "read what the kernel says of the GPU, and whether the bus has it",
    "sudo dmesg | grep -iE 'nvrm|xid|pcieport'",
    "lspci -d 10de:",
    scope="host",
    root=True,
)
_POWER = fixes.by_hand(
    "power the machine off and on (one in an enclosure: that, too, and connect it before the start)",
    scope="host",
)


@rule("TD147", severity="error", cause="no-driver-or-module", breaks=("cuda", "gpus"))
def check(
    nvidia_smi_lists_none: bool,
    cures: Cures,
    kernel_module: KernelModule | None = None,
    driver_release: DriverRelease | None = None,
    os_id: str | None = None,
    container: str | None = None,
    scheduler: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not nvidia_smi_lists_none or container or scheduler or wsl:
        return
    if cuda_started(kernel_results, cuda_available):
        return
    if kernel_module and kernel_module.flavour:
        return  # the rule that compares the flavour with the GPU knows more
    for gpu in cures.machine.gpus or ():
        if gpu.open_modules == "required":
            which = f"driver {driver_release}" if driver_release else "the driver"
            message = f"{which} lists no GPU, and the {gpu.name} needs its open kernel modules"
            cure = other_flavour(True, driver_release, os_id)
            because = errors.receipts("open_modules_required", "smi_no_devices")
            yield finding("driver", message, because=because, fixes=[cure], confidence="medium")
            return
    if errors.of("smi_no_devices") and not errors.of("rminitadapter", "legacy_branch_gpu"):
        message = "the driver answers and lists no GPU"
        because = errors.receipts("smi_no_devices")
        yield finding(
            "driver", message, cause="unexplained", because=because, fixes=[_LOOK, _POWER]
        )
