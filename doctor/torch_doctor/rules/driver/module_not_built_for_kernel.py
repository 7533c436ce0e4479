"""The NVIDIA module was not built for the running kernel.

What it checks
    No module is loaded, and the running kernel has no nvidia.ko on disk while the driver's libraries, or modules for
    other kernels, are there; or words tell that it fails since another kernel was booted.
Why it matters
    After a kernel update without DKMS, or without the kernel's headers, nothing can load.
How to fix
    Install the headers of the running kernel and build the module, or boot the former kernel.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._remedies import build_module

_NO_DRIVER = ("smi_no_comm", "smi_said_to_fail", "torch_no_driver", "nvidia_module_absent")


@rule(
    "TD124",
    severity="error",
    cause="no-driver-or-module",
    breaks="driver",
    explains=("TD115", "TD123"),
    about=("pci_gpus", "module_obstacle"),
)
def check(
    kernel_module: Fact[Any],
    kernel_module_file: Fact[Any],
    pci_gpus: tuple[PciGpu, ...] = (),
    kernels_with_module: tuple[str, ...] = (),
    driver_library_release: DriverRelease | None = None,
    kernel_release: str | None = None,
    container: str | None = None,
    os_id: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    module_obstacle: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if container or cuda_started(kernel_results, cuda_available):
        return
    failed = cuda_available is False or errors.of(*_NO_DRIVER)
    if module_obstacle == "not-built" and failed and not isinstance(kernel_module, Known):
        message = "the NVIDIA module was not built for the running kernel, by what the report says"
        yield finding("driver", message, fixes=[build_module(os_id)], confidence="medium")
        return
    if not (_absent(kernel_module) and _absent(kernel_module_file)):
        return
    if not any(gpu.driver is None for gpu in pci_gpus):
        return
    if not (kernels_with_module or driver_library_release):
        return
    cures = [build_module(os_id)]
    if kernels_with_module:
        text = f"boot a kernel that has the module: {', '.join(kernels_with_module[:3])}"
        cures.append(fixes.by_hand(text, scope="host", root=True, reboot_needed=True))
    message = (
        f"the NVIDIA module was not built for the running kernel {kernel_release or ''}".rstrip()
    )
    yield finding("driver", message, fixes=cures)


def _absent(fact: Fact[Any]) -> bool:
    return isinstance(fact, Unavailable) and fact.reason is Reason.NOT_PRESENT
