"""The container was started without GPUs.

What it checks
    Inside a container: the host's kernel module or GPUs are visible, but libcuda and the device files are not; or
    torch is for CUDA and no GPU is there (a note, unless one is required). In a report: no GPU was asked for.
Why it matters
    The image cannot bring the driver: the container runtime adds it when GPUs are asked for.
How to fix
    Start the container with the GPU option of its runtime.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_SIGNS = (
    r"nvidia driver was not detected|no cuda gpus|libcuda\.so\.1: cannot|no CUDA-capable device"
    r"|CUDA driver version is insufficient|No CUDA runtime is found"
    r"|your machine only has: \[\]|No supported gpu backend found"  # Lightning asked torch for a GPU
)
_TEXTS = ("smi_absent", "torch_no_driver", "vllm_no_device")
_REACHED = r"\(found version \d{4,5}\)"  # told by a driver whose library is in the container
_CAUSE = "container-without-gpu-runtime"
_SHOWN = ("TD115", "TD120", "TD401", "TD402", "TD614")


@rule("TD601", severity="error", cause=_CAUSE, breaks="driver", explains=_SHOWN)
def check(
    container: str,
    pci_gpus: Fact[Any],
    kernel_module: Fact[Any],
    nvml_status: Fact[Any],
    device_nodes: tuple[DeviceNode, ...] = (),
    required_gpus: int = 0,
    torch_variant: str | None = None,
    container_gpus_requested: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    driver_kernels: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    gpu_hidden_in_container: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    host_has_driver, cure = isinstance(kernel_module, Known), [fixes.with_gpus()]
    shown = host_has_driver or (isinstance(pci_gpus, Known) and pci_gpus.value)
    ran = cuda_started((*kernel_results, *driver_kernels), cuda_available)
    if ran or device_nodes or errors.matching(_REACHED):
        return
    # where no GPU was given, nvidia-smi answers on the host alone: the runtime puts it in
    signs = errors.matching(_SIGNS) or errors.of(*_TEXTS)
    failed = signs or gpu_hidden_in_container or cuda_available is False
    if container_gpus_requested is False and failed:
        message = f"this {container} container was started by a command that asks for no GPU"
        yield finding("container", message, fixes=cure)
    elif _answers(nvml_status) or not (shown or required_gpus or torch_variant == "cuda"):
        return
    elif isinstance(nvml_status, Known) or nvml_status.reason.is_answer:
        seen = "the host's NVIDIA driver is loaded" if host_has_driver else "the host has a GPU"
        message = f"this {container} container was started without GPUs: {seen}, but no device file is in it"
        if not shown:
            message = f"no GPU reaches this {container} container: it was started without, or its host has none"
        # A build for CUDA runs on the CPU as well: that it is here says that a GPU may be meant, and no more.
        sure = "high" if shown else "medium"
        weak = None if shown or required_gpus else Severity.NOTE
        yield finding("container", message, fixes=cure, confidence=sure, severity=weak)


def _answers(nvml_status: Fact[Any]) -> bool:
    return isinstance(nvml_status, Known) and nvml_status.value.code == 0
