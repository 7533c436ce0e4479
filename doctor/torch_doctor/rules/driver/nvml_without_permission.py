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
_GROUP = fixes.by_hand(
    "see who may open the device files; where they are of a group that is not root, join it and log in again",
    "ls -l /dev/nvidia*",
    'group=$(stat -c %G /dev/nvidiactl); [ "$group" = root ] || sudo usermod -aG "$group" "$USER"',
    scope="host",
    root=True,
)
_OPEN = fixes.by_hand(
    "where they are root's and closed to others, open them (the driver's option NVreg_DeviceFileMode=0666 keeps it so)",
    "sudo chmod 0666 /dev/nvidia*",
    scope="host",
    root=True,
)
_IN_A_JOB = fixes.by_hand(
    "ask the scheduler for the GPU: it closes the files of GPUs to jobs that were given none (Slurm: --gres=gpu:1)"
)
_LABEL = fixes.by_hand(
    "let containers use devices under SELinux, or start this one without its label",
    "sudo setsebool -P container_use_devices=1",
    scope="host",
    root=True,
)
_KEEP_GROUPS = fixes.by_hand(
    "start the container with the groups of this user, which rootless podman takes away: add --group-add keep-groups",
    scope="container",
)
_GIVE = fixes.by_hand(
    "start the container with its GPUs (--gpus all): the engine closes device files that it was not asked for",
    scope="container",
)


@rule("TD146", severity="error", cause="no-driver-or-module", breaks="cuda")
def check(
    nvml_status: ApiStatus,
    container: str | None = None,
    tried: tuple[str, ...] = (),
    scheduler: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    driver_kernels: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if nvml_status.code != NO_PERMISSION or cuda_started(
        (*kernel_results, *driver_kernels), cuda_available
    ):
        return
    message = "the driver is loaded, but its device files are closed to this user (NVML: insufficient permissions)"
    if not container:
        job = [_IN_A_JOB] if scheduler else []
        yield finding("driver", message, fixes=[*job, _GROUP, _OPEN])
        return
    first = _KEEP_GROUPS if container == "podman" else _GIVE
    cures = [first, _GROUP] if "disabled-label" in tried else [_LABEL, first, _GROUP]
    yield finding("driver", message, cause="container-without-gpu-runtime", fixes=cures)
