"""The container got the driver's utilities but not its compute libraries.

What it checks
    Inside a container: NVML answers, libcuda is absent, and NVIDIA_DRIVER_CAPABILITIES lacks compute.
Why it matters
    nvidia-smi works, yet torch finds no CUDA driver.
How to fix
    Start the container with the compute and utility capabilities.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.fact import Fact, Reason, Unavailable
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD602",
    severity="error",
    cause="container-without-gpu-runtime",
    explains=("TD111", "TD117", "TD409"),
)
def check(container, gpus, libcuda: Fact, nvidia_driver_capabilities=None) -> Iterator[Draft]:
    if not gpus or not isinstance(libcuda, Unavailable) or libcuda.reason is not Reason.NOT_PRESENT:
        return
    wanted = {part.strip() for part in (nvidia_driver_capabilities or "").split(",")}
    if wanted & {"compute", "all"}:
        return
    said = nvidia_driver_capabilities or "not set"
    message = f"NVML answers but libcuda.so.1 is not in the container (NVIDIA_DRIVER_CAPABILITIES is {said})"
    cure = fixes.restart_container(
        "--gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility", "with the compute capability"
    )
    yield finding("container", message, fixes=[cure])
