"""There is an NVIDIA GPU but no NVIDIA driver for it.

What it checks
    A GPU is on the PCI bus and neither the kernel module nor the driver library is there; or torch's
    own words that it found no driver.
Why it matters
    Without the driver nothing reaches the GPU: torch.cuda.is_available() is False.
How to fix
    Install the driver of your distribution. The CUDA toolkit is not needed: torch's wheels bring
    their own runtime.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import plural
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors


@rule(
    "TD110",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD115", "TD116"),
    shows="driver",
)
def check(
    pci_gpus: Fact[Any],
    kernel_module: Fact[Any],
    nvml_status: Fact[Any],
    driver_library_release: Fact[DriverRelease],
    cures: Cures,
    container: str | None = None,
    jetson: str | None = None,
    wsl: bool | None = None,
    os_family: str | None = None,
    driver_release: DriverRelease | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    on_bus = pci_gpus.value if isinstance(pci_gpus, Known) else ()
    elsewhere = container or jetson or wsl or os_family == "darwin"
    if elsewhere or cuda_started(kernel_results, cuda_available):
        return
    if isinstance(kernel_module, Known) or isinstance(nvml_status, Known) or driver_release:
        return
    if not isinstance(pci_gpus, Known):
        if errors.of("torch_no_driver"):
            message = "torch found no NVIDIA driver"
            fix = cures.first_driver()
            yield finding("driver", message, fixes=[fix], confidence="medium")
        return
    installed = isinstance(driver_library_release, Known) or driver_library_release.lost
    if installed or not on_bus or any(gpu.driver == "nouveau" for gpu in on_bus):
        return
    if not (kernel_module.reason.is_answer and nvml_status.reason.is_answer):
        return
    count = plural(len(on_bus), "NVIDIA GPU")
    if all(gpu.driver == "vfio-pci" for gpu in on_bus):
        message = f"{count} handed to virtual machines (vfio-pci): the host itself cannot use them"
        yield finding("driver", message)
        return
    message = f"{count} on the PCI bus, but no NVIDIA driver is installed or loaded"
    yield finding("driver", message, fixes=[cures.first_driver()])
