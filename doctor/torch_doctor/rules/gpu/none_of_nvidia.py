"""Somebody says that the machine has no GPU of NVIDIA's, and a program asks for CUDA.

What it checks
    In a report: words that deny an NVIDIA GPU, and torch's own no. Where a GPU or a driver is told of, it says nothing.
Why it matters
    CUDA runs on NVIDIA's GPUs alone: no build of torch, no driver and no toolkit brings it to another machine.
How to fix
    Let the program use the CPU, or run it on a machine with an NVIDIA GPU; AMD's and Intel's GPUs have builds of their
    own.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import Gpu, KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_OF_CUDA = ("torch_cpu_only", "torch_no_driver", "cuda_35_insufficient", "smi_absent")
_TEXTS = (
    r"No CUDA GPUs are available|no CUDA-capable device|Torch is not able to use GPU|libcuda\.so"
    r"|deserialize object on a CUDA device"
)
_ON_CPU = fixes.by_hand(
    'let the program use the CPU (its option for the device, "cpu" in place of "cuda" in its code, '
    "map_location='cpu' where it loads a model), or run it on a machine with an NVIDIA GPU"
)
_OTHERS = fixes.by_hand(
    "AMD's and Intel's GPUs need a build of their own, for ROCm or XPU: https://pytorch.org/get-started/locally/"
)


@rule(
    "TD232",
    severity="error",
    cause="non-nvidia-platform",
    breaks="driver",
    explains=("TD110", "TD120", "TD123", "TD135", "TD144", "TD402", "TD410"),
    about=("gpu_denied",),
)
def check(
    gpu_denied: bool,
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    other_gpus: tuple[str, ...] = (),
    driver_release: DriverRelease | None = None,
    notebook_service: str | None = None,
    container: str | None = None,
    os_family: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    there = gpus or pci_gpus or driver_release or cuda_started(kernel_results, cuda_available)
    # GPUs of other makers have rules of their own, and so have Macs
    elsewhere = other_gpus or notebook_service or os_family == "darwin"
    asked = cuda_available is False or errors.of(*_OF_CUDA) or errors.matching(_TEXTS)
    if not (gpu_denied and asked) or there or elsewhere:
        return
    message = "the machine is said to have no NVIDIA GPU: no build of torch has CUDA there"
    severity = Severity.NOTE if container else None
    yield finding("host", message, severity=severity, fixes=[_ON_CPU, _OTHERS], confidence="medium")
