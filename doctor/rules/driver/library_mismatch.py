"""The loaded kernel module and the user-mode driver libraries are of different releases.

What it checks
    NVML's answer 18, and the release of the loaded module against the release in the names of the driver libraries.
Why it matters
    The driver package was updated without a reboot: nothing can talk to the GPU until both match.
How to fix
    Reboot, or stop all programs that use a GPU and reload the modules.
References
    https://github.com/canonical/ubuntu-server-documentation/pull/369
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.rule import Draft, finding, rule

NVML_LIB_RM_VERSION_MISMATCH = 18
CUDA_SYSTEM_DRIVER_MISMATCH = 803


@rule(
    "TD113",
    severity="error",
    cause="driver-library-version-mismatch",
    explains=("TD111", "TD117", "TD120", "TD409"),
)
def check(
    nvml_status=None, kernel_module=None, driver_library_release=None, cuda_init=None, container=None
) -> Iterator[Draft]:
    told = nvml_status is not None and nvml_status.code == NVML_LIB_RM_VERSION_MISMATCH
    loaded = kernel_module.release if kernel_module else None
    differ = bool(loaded and driver_library_release and loaded != driver_library_release)
    refused = cuda_init is not None and cuda_init.code == CUDA_SYSTEM_DRIVER_MISMATCH
    if not (told or (differ and refused)):
        return
    which = f": module {loaded}, libraries {driver_library_release}" if differ else ""
    message = f"the NVIDIA kernel module and the driver libraries are of different releases{which}"
    if container:
        message += "; the container carries driver libraries that are not the host's"
        cure = fixes.by_hand(
            "remove the NVIDIA driver packages from the image; the container runtime brings the host's libraries",
            scope="container",
        )
        yield finding("driver", message, fixes=[cure, fixes.reboot("the host if its own nvidia-smi fails too")])
        return
    yield finding("driver", message, fixes=[fixes.reboot("so that the new module is loaded")])
