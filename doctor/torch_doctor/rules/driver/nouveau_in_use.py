"""The nouveau kernel driver holds the GPU, so NVIDIA's cannot.

What it checks
    A GPU on the PCI bus is bound to nouveau, or nouveau is loaded while NVIDIA's module is not, or
    the kernel log says that another driver obtained the device.
Why it matters
    CUDA needs NVIDIA's kernel module, which cannot take a GPU that nouveau holds.
How to fix
    Keep nouveau from loading, rebuild the initramfs and reboot; install NVIDIA's driver where it is not.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver import _nouveau


@rule(
    "TD112",
    severity="error",
    cause="no-driver-or-module",
    breaks="driver",
    explains=("TD115", "TD123", "TD204"),
    about=("pci_gpus", "nouveau_loaded", "errors"),
)
def check(
    kernel_module: Fact[Any],
    cures: Cures,
    pci_gpus: tuple[PciGpu, ...] | None = None,
    nouveau_loaded: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    driver_release: DriverRelease | None = None,
    driver_library_release: DriverRelease | None = None,
    driver_cuda: CudaVersion | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available):
        return
    on_bus = pci_gpus or ()
    held = [gpu for gpu in on_bus if gpu.driver == "nouveau"]
    unclaimed = [gpu for gpu in on_bus if gpu.driver is None]
    loaded = isinstance(kernel_module, Known) or kernel_module.lost
    # A desktop may leave an old second card to nouveau: not a fault while NVIDIA's module has its own.
    mixed = loaded and any(gpu.driver == "nvidia" for gpu in on_bus)
    # a report that shows the module that is loaded and a torch without CUDA lists no bus
    mute = errors.of("smi_no_comm")
    failed = cuda_available is False or mute or _nouveau.is_in_the_way(errors)
    alone = nouveau_loaded and failed and not (driver_cuda or loaded)
    in_words = pci_gpus is None and bool(alone or errors.matching(_nouveau.AT_WORK))
    if mixed or not (held or in_words or (nouveau_loaded and unclaimed and not loaded)):
        return
    where = ", ".join(gpu.address for gpu in held or unclaimed)
    place = where and f" at {where}"
    message = f"the nouveau kernel driver holds the GPU{place}, so NVIDIA's driver cannot use it"
    # NVIDIA's own tools and module can only speak where its driver is installed.
    there = driver_release or driver_library_release or mute
    there = there or errors.matching(_nouveau.INSTALLED)
    first = () if there else (cures.first_driver(),)
    yield finding("driver", message, fixes=[*first, _nouveau.BLOCK])
