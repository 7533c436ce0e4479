"""There is an NVIDIA GPU but no NVIDIA driver for it.

What it checks
    A GPU is on the PCI bus (or one is required), and neither the kernel module nor the driver library is there.
Why it matters
    Without the driver nothing reaches the GPU: torch.cuda.is_available() is False.
How to fix
    Install the driver of your distribution. The CUDA toolkit is not needed: torch's wheels bring their own runtime.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.fact import Fact, Known
from doctor.core.rule import Draft, finding, rule
from doctor.core.text import plural


@rule(
    "TD110",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD111", "TD115", "TD116", "TD205", "TD409"),
)
def check(
    pci_gpus: Fact, kernel_module: Fact, nvml_status: Fact, cures: object, container=None, jetson=None
) -> Iterator[Draft]:
    on_bus = pci_gpus.value if isinstance(pci_gpus, Known) else ()
    if not on_bus or container or jetson or any(gpu.driver == "nouveau" for gpu in on_bus):
        return
    if isinstance(kernel_module, Known) or isinstance(nvml_status, Known):
        return
    if not (kernel_module.reason.is_answer and nvml_status.reason.is_answer):
        return
    if all(gpu.driver == "vfio-pci" for gpu in on_bus):
        message = f"{plural(len(on_bus), 'NVIDIA GPU')} handed to virtual machines (vfio-pci): this host cannot use them"
        yield finding("driver", message)
        return
    message = f"{plural(len(on_bus), 'NVIDIA GPU')} on the PCI bus, but no NVIDIA driver is installed or loaded"
    yield finding("driver", message, fixes=[cures.driver("580.65.06")])
