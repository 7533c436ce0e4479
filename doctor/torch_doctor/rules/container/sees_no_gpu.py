"""torch finds no GPU in a container, and nothing shows that the container was given one.

What it checks
    In a report: CUDA is not available in a container, or torch finds no device there, where neither the command that
    started it nor a mask nor a driver inside is shown, and the build is not known to lack CUDA.
Why it matters
    A container has the GPUs that its engine was asked for. Without them torch fails as on a machine without a driver,
    however well the host's works.
How to fix
    Start the container with its GPU option, on a host that has the NVIDIA Container Toolkit.
References
    https://docs.docker.com/engine/containers/gpu/
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, KernelResult
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_NONE = r"no cuda gpus are available|no CUDA-capable device is detected|No CUDA runtime is found"
_OF_A_POD = r"no cuda gpus are available|found no nvidia driver|no CUDA-capable device is detected"
_WITHOUT_CUDA = ("cpu", "rocm", "xpu")


@rule(
    "TD621",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=("TD115", "TD135"),
)
def check(
    container: str,
    pci_gpus: Fact[Any],
    kernel_module: Fact[Any],
    nvml_status: Fact[Any],
    driver_release: Fact[DriverRelease],
    driver_cuda: Fact[CudaVersion],
    torch_variant: str | None = None,
    container_gpus_requested: bool | None = None,
    cuda_visible_devices: str | None = None,
    device_nodes: tuple[DeviceNode, ...] = (),
    other_gpus: tuple[str, ...] = (),
    notebook_service: str | None = None,
    jetson: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    torch_device_count: int | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if container_gpus_requested is not None or cuda_visible_devices or notebook_service or jetson:
        return  # who tells what was asked for, or masked, is answered by that
    if container == "kubernetes" and errors.matching(_OF_A_POD):
        return  # a Pod's own rule tells of its resources
    looked = any(isinstance(fact, Known) for fact in (pci_gpus, kernel_module, nvml_status))
    driver = {"driver_release": driver_release, "driver_cuda": driver_cuda}
    inside = device_nodes or any(isinstance(fact, Known) for fact in driver.values())
    started = cuda_started(kernel_results, cuda_available)
    if looked or inside or other_gpus or started or torch_variant in _WITHOUT_CUDA:
        return
    refused = cuda_available is False or torch_device_count == 0
    if not (refused or errors.matching(_NONE) or errors.of("smi_absent")):
        return
    for name, fact in driver.items():
        if fact.lost:
            raise UndecidedError(name)
    message = (
        f"torch finds no GPU in this {container} container, and nothing shows that it was given one"
    )
    yield finding("container", message, fixes=[fixes.with_gpus()], confidence="medium")
