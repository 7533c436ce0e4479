"""The program runs in a virtual machine that was given no NVIDIA GPU.

What it checks
    In a report: words that name a hypervisor or a guest, and torch's own no or a driver that finds nothing.
Why it matters
    A guest has the graphics of its hypervisor, whatever card the host has: no driver and no build of torch changes it.
How to fix
    Work on the host, in WSL 2 where that is Windows, or have the GPU passed through where the hypervisor can.
References
    https://docs.nvidia.com/vgpu/latest/product-support-matrix/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.finding import Action
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult, PciGpu
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_OF_MACS = ("parallels", "utm", "orbstack")
_OF_DESKTOPS = ("virtualbox", "vmware", "multipass")
_NO_GPU = (
    *("torch_no_driver", "torch_no_gpus", "libcuda_missing", "nvml_lib_not_found"),
    *("smi_absent", "smi_no_comm", "smi_said_to_fail", "smi_no_devices", "cuda_35_insufficient"),
)
_CODES = ("TD110", "TD120", "TD123", "TD135", "TD144", "TD402", "TD430", "TD433")
_ABOUT = ("virtual_machine",)


@rule(
    "TD237",
    severity="error",
    cause="non-nvidia-platform",
    breaks="driver",
    explains=_CODES,
    about=_ABOUT,
)
def check(
    virtual_machine: str,
    driver_release: Fact[DriverRelease],
    pci_gpus: tuple[PciGpu, ...] = (),
    container: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    there = (
        not virtual_machine
        or pci_gpus
        or isinstance(driver_release, Known)
        or cuda_started(kernel_results, cuda_available)
    )
    if there or container or wsl or not (cuda_available is False or errors.of(*_NO_GPU)):
        return
    if driver_release.lost:
        raise UndecidedError("driver_release")  # one that answers in the guest would have a GPU
    message = f"no NVIDIA GPU reaches this virtual machine ({virtual_machine}): it was given none"
    yield finding("host", message, fixes=list(_cures(virtual_machine)), confidence="medium")


def _cures(hypervisor: str) -> Iterator[Action]:
    if hypervisor in _OF_MACS:
        yield fixes.by_hand(
            "a Mac has no NVIDIA GPU to pass on: work in macOS itself with torch's device mps, let the program use the "
            "CPU (cpu in place of cuda), or take another machine"
        )
        return
    on_host = fixes.by_hand(
        "run it on the host itself (in WSL 2 where that is Windows), which has its GPU, or let the program use the CPU"
    )
    text = "pass the GPU through to the guest (PCI passthrough or vGPU), then install NVIDIA's driver inside"
    through = fixes.by_hand(text, scope="host", root=True)
    yield from (on_host,) if hypervisor in _OF_DESKTOPS else (through, on_host)
