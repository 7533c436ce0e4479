"""The container was started without GPUs.

What it checks
    Inside a container: the host's kernel module or GPUs are visible, but libcuda and the device files are not.
Why it matters
    The image cannot bring the driver: the container runtime adds it when GPUs are asked for.
How to fix
    Start the container with the GPU option of its runtime.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.fact import Fact, Known
from doctor.core.finding import Fix
from doctor.core.rule import Draft, finding, rule

_OPTIONS = {"docker": "--gpus all", "podman": "--device nvidia.com/gpu=all"}


@rule(
    "TD601",
    severity="error",
    cause="container-without-gpu-runtime",
    explains=("TD110", "TD111", "TD115", "TD117", "TD205", "TD401", "TD409"),
)
def check(
    container, pci_gpus: Fact, kernel_module: Fact, nvml_status: Fact, device_nodes=(), required_gpus=0
) -> Iterator[Draft]:
    on_bus = pci_gpus.value if isinstance(pci_gpus, Known) else ()
    host_has_driver = isinstance(kernel_module, Known)
    if device_nodes or isinstance(nvml_status, Known) and nvml_status.value.code == 0:
        return
    if not (on_bus or host_has_driver or required_gpus):
        return
    if isinstance(nvml_status, Known) or nvml_status.reason.is_answer:
        seen = "the host's NVIDIA driver is loaded" if host_has_driver else "the host has an NVIDIA GPU"
        message = f"this {container} container was started without GPUs: {seen}, but no device file is in here"
        yield finding("container", message, fixes=_cures(container))


def _cures(container: str) -> list[Fix]:
    if container == "kubernetes":
        text = "ask for a GPU in the Pod: resources.limits nvidia.com/gpu: 1 (the device plugin must run on the node)"
        return [fixes.by_hand(text, scope="container")]
    if container in ("apptainer", "singularity"):
        return [fixes.by_hand("start it with --nv", f"{container} exec --nv IMAGE …", scope="container")]
    options = _OPTIONS.get(container, "--gpus all")
    return [fixes.restart_container(options, "with GPUs (needs the NVIDIA Container Toolkit on the host)")]
