"""A build for CUDA found no GPU, and the report shows no driver that would serve one.

What it checks
    In a report: torch.cuda.is_available() of a CUDA build, and whether nvidia-smi told a driver or a GPU.
Why it matters
    The build is made for a GPU, and where no driver answers it computes on the CPU.
How to fix
    Run nvidia-smi on the machine: where it is missing or fails, the driver (or the container's access to it) is.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes

_LOOK = fixes.by_hand("see whether a driver answers, outside the container too", "nvidia-smi")
_OF_WINDOWS = fixes.by_hand(
    "see whether WSL has libcuda of the driver of Windows: where it has none, update the NVIDIA driver in Windows and "
    "WSL itself, and restart WSL; no Linux driver belongs inside",
    "ls /usr/lib/wsl/lib/libcuda.so.1 && /usr/lib/wsl/lib/nvidia-smi",
    "wsl.exe --update",
    "wsl.exe --shutdown",
    scope="host",
)


@rule("TD135", severity="warning", cause="no-driver-or-module")
def check(
    cuda_available: bool,
    torch_cuda: CudaVersion,
    gpus: Fact[Any],
    pci_gpus: Fact[Any],
    driver_release: Fact[Any],
    os_family: str | None = None,
    jetson: str | None = None,
    wsl: bool | None = None,
    container: str | None = None,
    cuda_visible_devices: str | None = None,
    driver_cuda: CudaVersion | None = None,
) -> Iterator[Draft]:
    if cuda_available or os_family == "darwin" or jetson or cuda_visible_devices is not None:
        return
    # Where somebody looked at the bus, other rules know whether a driver is missing.
    looked = isinstance(pci_gpus, Known) or pci_gpus.reason.is_answer
    answered = isinstance(driver_release, Known) or driver_cuda is not None
    if looked or answered or (isinstance(gpus, Known) and gpus.value):
        return
    nothing = isinstance(gpus, Unavailable) and gpus.reason.is_answer
    shown = "nvidia-smi is not there either" if nothing else "no driver and no GPU is shown"
    in_wsl = bool(wsl) and not container
    yield finding(
        "driver",
        f"torch for CUDA {torch_cuda} finds no GPU, and {shown}",
        severity=Severity.NOTE if nothing else None,
        cause="wsl" if in_wsl else None,
        fixes=[_OF_WINDOWS if in_wsl else _LOOK],
        confidence="medium",
    )
