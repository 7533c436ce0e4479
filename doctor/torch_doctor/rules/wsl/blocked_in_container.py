"""NVML in a container under WSL is refused by the system.

What it checks
    NVML's "GPU access blocked by the operating system" in a container whose host is WSL.
Why it matters
    A container there reaches the driver of Windows through /dev/dxg and the libraries of /usr/lib/wsl. Libraries of a
    Linux driver that the image carries, or a toolkit that does not know WSL, ask for a Linux driver.
How to fix
    Use an image without driver libraries, with an up-to-date container toolkit; update WSL where its own nvidia-smi
    fails, too.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
    https://github.com/microsoft/WSL/issues/9962
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.wsl._remedies import RESTART

_BLOCKED = 17  # NVML_ERROR_OPERATING_SYSTEM


@rule("TD662", severity="error", cause="wsl", breaks="driver", explains=("TD117",))
def check(
    wsl: bool,
    container: str,
    nvml_status: ApiStatus,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not wsl or nvml_status.code != _BLOCKED or cuda_started(kernel_results, cuda_available):
        return
    image = fixes.by_hand(
        "run an image that carries no libcuda or libnvidia-* of its own (ldconfig -p shows them), or take them out of "
        "it: those of /usr/lib/wsl are needed, which an up-to-date NVIDIA Container Toolkit mounts with --gpus all",
        scope="container",
    )
    message = (
        f"this {container} container does not reach the driver of Windows: the system refuses NVML"
    )
    yield finding("container", message, fixes=[image, RESTART], confidence="medium")
