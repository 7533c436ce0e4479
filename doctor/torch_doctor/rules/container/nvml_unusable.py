"""CUDA works in this container and NVML does not.

What it checks
    torch's "Can't initialize NVML", or NVML that is missing or fails in a container, where torch says that
    CUDA is available.
Why it matters
    Kernels run. What asks NVML fails: nvidia-smi, memory reports, the allocator's messages, some
    launchers.
How to fix
    Start the container with the utility capability; where it worked before, start it again.
References
    https://github.com/NVIDIA/nvidia-docker/issues/1730
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors


@rule(
    "TD612", severity="warning", cause="nvml-unknown-error-container", explains=("TD113", "TD603")
)
def check(
    nvml_status: Fact[Any],
    container: str | None = None,
    wsl: bool | None = None,
    jetson: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not cuda_started(kernel_results, cuda_available) or wsl or jetson:
        return
    unusable = bool(errors.matching(r"can't initialize nvml"))
    if isinstance(nvml_status, Known):
        failed = container is not None and nvml_status.value.code not in (0, 18)
        unusable = unusable and nvml_status.value.code != 0
    else:
        failed = container is not None and nvml_status.reason is Reason.NOT_PRESENT
    if not (unusable or failed):
        return
    why = "with the utility capability, which brings NVML"
    cure = fixes.restart_container(why, variables={"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"})
    message = "CUDA works, but NVML does not: nvidia-smi and what asks NVML fail in the container"
    yield finding("container", message, fixes=[cure])
