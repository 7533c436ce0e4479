"""The NVIDIA driver is installed, but its kernel module is not loaded.

What it checks
    A GPU on the bus and the driver's libraries on disk, without a loaded module; or nvidia-smi's words
    that it could not communicate with the driver, or modprobe's that there is no such module.
Why it matters
    Without the module there are no devices: nvidia-smi and torch fail alike.
How to fix
    Load the module where the running kernel has one; else build it for this kernel first. A scheduler hides
    GPUs from a job that asked for none.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ErrorSeen, KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._remedies import BUILD_FAILED, into_kernel, newer_for_kernel


@rule(
    "TD123",
    severity="error",
    cause="no-driver-or-module",
    breaks="driver",
    explains=("TD115",),
    about=("pci_gpus", "errors"),
)
def check(
    kernel_module: Fact[Any],
    pci_gpus: tuple[PciGpu, ...] = (),
    driver_library_release: DriverRelease | None = None,
    kernel_module_file: str | None = None,
    os_id: str | None = None,
    scheduler: str | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    container: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or isinstance(kernel_module, Known):
        return
    ours = [gpu for gpu in pci_gpus if gpu.driver is None]
    absent = kernel_module.reason.is_answer and driver_library_release and ours
    gone = errors.of("nvidia_module_absent")
    uncompiled = errors.matching(BUILD_FAILED)
    spoken = errors.of("smi_said_to_fail") if cuda_available is False else ()
    seen = gone or uncompiled or spoken or errors.of("smi_no_comm")
    if container or wsl or not (absent or seen):
        return
    cures = into_kernel(os_id, bool(kernel_module_file), remarks)
    cures = [fixes.ask_scheduler(scheduler)] if scheduler and not absent else cures
    cures = newer_for_kernel(os_id) if uncompiled else cures
    which = f" {driver_library_release}" if driver_library_release else ""
    message = f"the NVIDIA driver{which} is installed, but its kernel module is not loaded"
    if gone:
        message = f"the running kernel has no NVIDIA module: {one_line(gone[0].text, 160)}"
    elif uncompiled:
        message = f"the NVIDIA module does not compile for the running kernel: {one_line(uncompiled[0].text, 160)}"
    elif not absent:
        message = "nvidia-smi cannot reach the driver: the NVIDIA kernel module is not loaded"
    because = errors.receipts("smi_no_comm", "nvidia_module_absent")
    yield finding("driver", message, because=because, fixes=cures)
