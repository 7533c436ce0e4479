"""The loaded kernel module and the user-mode driver libraries are of different releases.

What it checks
    NVML's answer 18, CUDA's 803 outside of containers, and the releases of the module and of the libraries.
    803 alone says that libcuda is not the module's: an update without a reboot, or another copy that is loaded.
Why it matters
    The driver package was updated without a reboot: nothing can talk to the GPU until both match.
How to fix
    Reboot; where that did not help, bring both to one release; take the driver's files out of an image.
References
    https://github.com/canonical/ubuntu-server-documentation/pull/369
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, ErrorSeen, KernelModule, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._remedies import is_inside, of_an_update, one_release, other_libcuda

NVML_MISMATCH, CUDA_MISMATCH = 18, 803
_TEXT = (
    r"(?:driver/library|nvml/rm) version mismatch|kernel version [\d.]+ does not match DSO version"
)
_NVML_SAYS, _KERNEL_SAYS = "nvml_version_mismatch", "nvrm_api_mismatch"


@rule(
    "TD113",
    severity="error",
    cause="driver-library-version-mismatch",
    breaks="library",
    explains=("TD120", "TD134"),
    about=("nvml_status", "kernel_module", "cuda_init", "errors"),
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
    driver_kernels: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    os_id: str | None = None,
    tried: tuple[str, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    mentions = errors.matching(_TEXT) or errors.of(_NVML_SAYS)
    inside = is_inside(mentions, container or container_image)
    loaded = kernel_module.release if kernel_module else None
    both = loaded is not None and driver_library_release is not None
    differ = both and loaded != driver_library_release
    mismatched = bool(mentions) or (differ and bool(errors.of(_KERNEL_SAYS)))
    mismatched = mismatched if nvml_status is None else nvml_status.code == NVML_MISMATCH
    refused = cuda_init is not None and cuda_init.code == CUDA_MISMATCH
    in_words = refused or (cuda_init is None and bool(errors.numbered(CUDA_MISMATCH)))
    pasted = in_words and not (both or inside or (libcuda and libcuda.kind == "compat"))
    if not (mismatched or (differ and refused) or pasted):
        return
    if not (mismatched or differ or of_an_update(remarks)):
        return (yield other_libcuda(tried))
    releases = f": module {loaded}, libraries {driver_library_release}" if differ else ""
    message = (
        f"the NVIDIA kernel module and the driver libraries are of different releases{releases}"
    )
    started = cuda_started((*kernel_results, *driver_kernels), cuda_available)
    severity = Severity.WARNING if started else None
    if inside:
        message += "; the container carries driver libraries that are not the host's"
    cures = one_release(inside, os_id, tried, loaded if differ else None)
    yield finding("driver", message, severity=severity, fixes=cures)
