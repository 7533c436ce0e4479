"""The open kernel modules fail on a machine where the proprietary ones of the driver work.

What it checks
    In a report: words that compare the two flavours, or the answer in NVIDIA's form for its open modules.
Why it matters
    The hardware and the driver are sound: what differs is the firmware that the open modules need and the GPUs that
    their release takes.
How to fix
    Install the same release with the proprietary modules, or a newer release with the open ones.
References
    https://github.com/NVIDIA/open-gpu-kernel-modules
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.rules.driver._remedies import other_flavour


@rule(
    "TD155",
    severity="error",
    cause="no-driver-or-module",
    breaks=("start", "gpus"),
    explains=("TD123", "TD134", "TD203", "TD204"),
)
def check(
    module_obstacle: str,
    cures: Cures,
    os_id: str | None = None,
    driver_release: DriverRelease | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if module_obstacle != "open-flavour" or cuda_started(kernel_results, cuda_available):
        return
    if any(gpu.open_modules == "required" for gpu in cures.machine.gpus or ()):
        return  # no proprietary module drives it, whatever the words compare
    message = "the open kernel modules fail where the proprietary ones of this driver work"
    yield finding("driver", message, fixes=[other_flavour(False, driver_release, os_id)])
