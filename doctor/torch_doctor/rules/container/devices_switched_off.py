"""NVIDIA_VISIBLE_DEVICES takes the GPUs away from this container.

What it checks
    The values void, none and nothing at all, in a container that has no device file.
Why it matters
    The NVIDIA runtime reads this variable: with these values it adds no GPU, whatever the image wants.
How to fix
    Set it to all, or to the GPUs that are wanted.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD609",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=("TD601",),
)
def check(
    container: str,
    nvidia_visible_devices: str,
    device_nodes: tuple[DeviceNode, ...] = (),
    gpus: tuple[Gpu, ...] = (),
    cuda_available: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    required_gpus: int = 0,
    pci_gpus: tuple[object, ...] = (),
) -> Iterator[Draft]:
    value = nvidia_visible_devices.strip().lower()
    if value not in ("", "void", "none") or cuda_started(kernel_results, cuda_available):
        return
    numbered = [node for node in device_nodes if node.path.removeprefix("/dev/nvidia").isdigit()]
    # Device plugins set void on purpose and add the devices themselves. On a host without a GPU,
    # a Pod or a build without one is what was meant.
    meant = pci_gpus or required_gpus or cuda_available is False
    if gpus or numbered or not meant:
        return
    shown = nvidia_visible_devices or "(empty)"
    named = {} if container == "kubernetes" else {"NVIDIA_VISIBLE_DEVICES": "all"}
    cure = fixes.restart_container("with the GPUs named", variables=named)
    message = f"NVIDIA_VISIBLE_DEVICES={shown} keeps every GPU out of this container"
    yield finding("container", message, fixes=[cure])
