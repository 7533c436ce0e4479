"""The container got the driver's utilities but not its compute libraries.

What it checks
    Inside a container: the driver answers, libcuda is absent, and NVIDIA_DRIVER_CAPABILITIES lacks
    compute. In a report: nvidia-smi works in the container and torch finds no driver.
Why it matters
    nvidia-smi works, yet torch finds no CUDA driver.
How to fix
    Start the container with the compute and utility capabilities.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_NO_DRIVER = ("torch_no_driver", "libcuda_missing")


@rule(
    "TD602",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=("TD120",),
    about=("gpus", "driver_release", "nvidia_driver_capabilities", "errors"),
)
def check(
    container: str,
    libcuda: Fact[Any],
    gpus: tuple[Gpu, ...] = (),
    driver_release: DriverRelease | None = None,
    nvidia_driver_capabilities: str | None = None,
    container_gpus_requested: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not isinstance(libcuda, Unavailable) or cuda_started(kernel_results, cuda_available):
        return
    absent = libcuda.reason is Reason.NOT_PRESENT and bool(gpus)
    pasted = libcuda.reason is Reason.NOT_ASKED and container_gpus_requested is True
    answers = driver_release is not None or bool(nvidia_driver_capabilities)
    pasted = pasted and answers and bool(errors.of(*_NO_DRIVER))
    wanted = {part.strip() for part in (nvidia_driver_capabilities or "").split(",")}
    asked = bool(wanted & {"compute", "all"})
    if not (absent or (pasted and not asked)):
        return
    setting = nvidia_driver_capabilities or "not set"
    message = f"the driver answers, but libcuda.so.1 is not in the container (NVIDIA_DRIVER_CAPABILITIES is {setting})"
    cure = fixes.restart_container(
        "with the compute capability", variables={"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}
    )
    if asked:
        message += ": compute was asked for, so the runtime did not bring it or the loader does not find it"
        refresh = fixes.by_hand(
            "let the loader find what the runtime mounted", "ldconfig", root=True
        )
        yield finding("container", message, fixes=[refresh, cure])
        return
    yield finding("container", message, fixes=[cure])
