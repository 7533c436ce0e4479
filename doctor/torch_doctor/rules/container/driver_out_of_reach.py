"""A program in a container says that there is no NVIDIA driver.

What it checks
    In a report: torch found no driver, libcuda could not be loaded, or CUDA is not available and no device file is
    there, and the program ran in a container.
Why it matters
    An image brings no driver. The runtime puts the host's into the container, for containers that ask for a GPU
    and for its compute capability.
How to fix
    Start the container with GPUs, on a host that has the NVIDIA Container Toolkit.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.container._engine import asked_in_vain, works_by_run

# Said where libcuda cannot be loaded: an nvidia-smi that works beside it ran on the host.
_NO_LIBCUDA = r"No platform detected, vLLM is running on UnspecifiedPlatform|Can't initialize NVML"
_UNREACHED = ("nvml_lib_not_found", "smi_absent", "libcuda_missing")


@rule(
    "TD616",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=("TD621",),
)
def check(
    container: str,
    libcuda: Fact[Any],
    errors: Errors = NONE_SEEN,
    device_nodes: tuple[DeviceNode, ...] | None = None,
    driver_release: DriverRelease | None = None,
    container_gpus_requested: bool | None = None,
    wsl: bool | None = None,
    jetson: str | None = None,
    cuda_visible_devices: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    gpu_hidden_in_container: bool | None = None,
    compose: bool | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if wsl or jetson or cuda_started(kernel_results, cuda_available):
        return
    if container_gpus_requested is False:
        return  # the command that started it says more, and has a rule of its own
    pasted = isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_ASKED
    no_files = device_nodes == () and cuda_available is False
    # the host's nvidia-smi has one; the mask and the command are not told
    asked = cuda_visible_devices is not None or container_gpus_requested is not None
    unseen = driver_release is not None and not asked and bool(errors.of("torch_no_gpus"))
    unseen = unseen or bool(gpu_hidden_in_container)
    no_library = errors.of("torch_no_driver", *_UNREACHED) or errors.matching(_NO_LIBCUDA)
    if not pasted or not (no_files or unseen or no_library):
        return
    message = f"no NVIDIA {'GPU' if unseen else 'driver'} reaches this {container} container"
    if driver_release:
        message += f", although driver {driver_release} is on the host"
    in_vain = container_gpus_requested and not (compose and works_by_run(remarks))
    cure = asked_in_vain(container) if in_vain else fixes.with_gpus()
    yield finding("container", message, fixes=[cure], confidence="medium")
