"""A container on a Jetson was started without NVIDIA's runtime.

What it checks
    On a Jetson, inside a container: libcuda on the loader's path.
Why it matters
    On a Jetson the driver is part of the host's system; the runtime mounts it into the container.
How to fix
    Start the container with --runtime nvidia, from an image for this L4T release.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD673",
    severity="error",
    cause="container-without-gpu-runtime",
    explains=("TD111", "TD117", "TD409", "TD601", "TD602", "TD672"),
)
def check(
    jetson: str,
    container: str,
    libcuda: Fact[Any],
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available):
        return
    if isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_PRESENT:
        again = fixes.restart_container(f"with the runtime of L4T {jetson}", runtime="nvidia")
        message = f"this {container} container on a Jetson was started without NVIDIA's runtime"
        yield finding("container", message, fixes=[again])
