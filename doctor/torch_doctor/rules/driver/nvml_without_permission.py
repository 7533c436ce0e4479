"""The driver is loaded, but NVML may not open its device files.

What it checks
    NVML's answer 4, insufficient permissions.
Why it matters
    The driver and the GPU are there; CUDA will be refused in the same way.
How to fix
    Give this user access to /dev/nvidia*; in a container under SELinux, let containers use devices.
References
    https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

NO_PERMISSION = 4


@rule("TD146", severity="error", cause="no-driver-or-module", breaks="cuda")
def check(
    nvml_status: ApiStatus,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    driver_kernels: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if nvml_status.code != NO_PERMISSION or cuda_started(
        (*kernel_results, *driver_kernels), cuda_available
    ):
        return
    message = (
        "the driver is loaded, but its device files are closed to this user"
        " (NVML: insufficient permissions)"
    )
    look = fixes.by_hand(
        "see who may open the device files, and join the group that owns them",
        "ls -l /dev/nvidia*",
        'sudo usermod -aG "$(stat -c %G /dev/nvidiactl)" "$USER"',
        scope="host",
        root=True,
    )
    if not container:
        yield finding("driver", message, fixes=[look])
        return
    label = fixes.by_hand(
        "let containers use devices under SELinux, or start this one without its label",
        "sudo setsebool -P container_use_devices=1",
        scope="host",
        root=True,
    )
    yield finding("driver", message, cause="container-without-gpu-runtime", fixes=[label, look])
