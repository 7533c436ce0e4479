"""The container got some of the NVIDIA device files, but not all that CUDA opens.

What it checks
    Inside a container that has NVIDIA device files: whether nvidiactl, nvidia-uvm and at least one GPU are among them.
Why it matters
    With nvidiactl alone NVML answers and lists no GPU; without nvidia-uvm every CUDA program stops at its start.
How to fix
    Start the container again with its runtime's GPU option, which brings them all; a list of --device options must
    name each of them.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes

# With --nv they are bound from the host's /dev, unless the container has a /dev of its own.
_NV = ("apptainer", "singularity")
_OWN_DEV = fixes.by_hand(
    "leave out -c (--contain) and what else gives the container a /dev of its own, or bind the device files into it: "
    "apptainer exec --nv -B /dev/nvidiactl -B /dev/nvidia-uvm -B /dev/nvidia0, before the image",
    scope="container",
)
_CODES = ("TD127", "TD204", "TD603")


@rule(
    "TD615",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks=("start", "gpus"),
    explains=_CODES,
    about=("device_nodes", "container_gpus_requested"),
)
def check(
    container: str,
    device_nodes: tuple[DeviceNode, ...],
    wsl: bool | None = None,
    jetson: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    container_gpus_requested: bool | None = None,
) -> Iterator[Draft]:
    there = {node.path for node in device_nodes}
    # none at all is a fault where its command asked for GPUs
    asked = bool(container_gpus_requested)
    if not (there or asked) or wsl or jetson or cuda_started(kernel_results, cuda_available):
        return
    missing = [path for path in ("/dev/nvidiactl", "/dev/nvidia-uvm") if path not in there]
    if not any(path.removeprefix("/dev/nvidia").isdigit() for path in there):
        missing.append("/dev/nvidia0")
    if missing:
        message = f"{listing(missing)} {'is' if len(missing) == 1 else 'are'} not in this container"
        again = fixes.restart_container("again, with every device file of its GPUs")
        cures = [_OWN_DEV] if container in _NV and asked else [again]
        yield finding("container", message, fixes=cures, evidence=("container", "device_nodes"))
