"""The loaded kernel module and the user-mode driver libraries are of different releases.

What it checks
    NVML's answer 18 (here or in a pasted text), CUDA's answer 803 outside of containers, and the
    release of the loaded module against the release in the names of the driver libraries.
Why it matters
    The driver package was updated without a reboot: nothing can talk to the GPU until both match.
How to fix
    Reboot, or stop all programs that use a GPU and reload the modules.
References
    https://github.com/canonical/ubuntu-server-documentation/pull/369
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

NVML_MISMATCH, CUDA_MISMATCH = 18, 803
_TEXT = r"driver/library version mismatch|nvml/rm version mismatch"
_KERNEL_SAYS = "nvrm_api_mismatch"


@rule(
    "TD113",
    severity="error",
    cause="driver-library-version-mismatch",
    explains=("TD111", "TD117", "TD120", "TD134", "TD409"),
)
def check(
    nvml_status: ApiStatus | None = None,
    kernel_module: KernelModule | None = None,
    driver_library_release: DriverRelease | None = None,
    cuda_init: ApiStatus | None = None,
    libcuda: LibraryFile | None = None,
    container: str | None = None,
    container_image: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    inside = container or container_image
    loaded = kernel_module.release if kernel_module else None
    both = loaded is not None and driver_library_release is not None
    differ = both and loaded != driver_library_release
    told = bool(errors.matching(_TEXT)) or (differ and bool(errors.of(_KERNEL_SAYS)))
    if nvml_status is not None:
        told = nvml_status.code == NVML_MISMATCH
    refused = cuda_init is not None and cuda_init.code == CUDA_MISMATCH
    said = refused or (cuda_init is None and bool(errors.numbered(CUDA_MISMATCH)))
    pasted = said and not both and not inside
    compat = libcuda is not None and libcuda.kind == "compat"
    if not (told or (differ and refused) or (pasted and not compat)):
        return
    which = f": module {loaded}, libraries {driver_library_release}" if differ else ""
    message = f"the NVIDIA kernel module and the driver libraries are of different releases{which}"
    severity = Severity.WARNING if cuda_started(kernel_results, cuda_available) else None
    cures = [fixes.reboot("so that the new module is loaded")]
    if inside:
        message += "; the container carries driver libraries that are not the host's"
        text = (
            "remove the NVIDIA driver packages from the image; "
            "the container runtime brings the host's libraries"
        )
        reboot = fixes.reboot("the host if its own nvidia-smi fails too")
        cures = [fixes.by_hand(text, scope="container"), reboot]
    yield finding("driver", message, severity=severity, fixes=cures)
