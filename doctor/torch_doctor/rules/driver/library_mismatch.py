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
from torch_doctor.matrix.pattern import carries
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._remedies import one_release, other_libcuda

NVML_MISMATCH, CUDA_MISMATCH = 18, 803
# The container tools speak for the host, whatever image they were about to start.
_HOST_SAYS = (
    r"CDI spec|nvidia-ctk|nvidia-container-|OCI runtime|error response from daemon|device-plugin"
)
_INSIDE_SAYS = r"\b(?:in|inside|container|docker|pod)\b.{0,40}(?:container|docker|pod|nvidia-smi|mismatch)|容器"
_TEXT = r"driver/library version mismatch|nvml/rm version mismatch"
_KERNEL_SAYS = "nvrm_api_mismatch"
_UPDATED = (
    r"\b(?:driver|kernel|system|apt|dnf|packages?)\b[^.;\n]{0,40}\b(?:updat|upgrad)"
    r"|\b(?:updat|upgrad)\w*\b[^.;\n]{0,40}\b(?:driver|kernel|system|packages)\b"
)
_ALONE = (
    "CUDA answers 803: the libcuda that was loaded does not go with the kernel module of the driver"
)


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
    os_id: str | None = None,
    tried: tuple[str, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    mentions = errors.matching(_TEXT)
    inside = bool(container or container_image or _of(mentions, _INSIDE_SAYS))
    inside = inside and not _of(mentions, _HOST_SAYS)
    loaded = kernel_module.release if kernel_module else None
    both = loaded is not None and driver_library_release is not None
    differ = both and loaded != driver_library_release
    told = bool(mentions) or (differ and bool(errors.of(_KERNEL_SAYS)))
    told = told if nvml_status is None else nvml_status.code == NVML_MISMATCH
    refused = cuda_init is not None and cuda_init.code == CUDA_MISMATCH
    said = refused or (cuda_init is None and bool(errors.numbered(CUDA_MISMATCH)))
    pasted = said and not both and not inside
    pasted = pasted and not (libcuda is not None and libcuda.kind == "compat")
    if not (told or (differ and refused) or pasted):
        return
    if not (told or differ or any(carries(_UPDATED, one.text) for one in remarks)):
        yield finding(
            "driver", _ALONE, cause="forward-compat-unsupported", fixes=other_libcuda(tried)
        )
        return
    message = "the NVIDIA kernel module and the driver libraries are of different releases"
    message += f": module {loaded}, libraries {driver_library_release}" if differ else ""
    severity = Severity.WARNING if cuda_started(kernel_results, cuda_available) else None
    if inside:
        message += "; the container carries driver libraries that are not the host's"
    cures = one_release(inside, os_id, tried, loaded if differ else None)
    yield finding("driver", message, severity=severity, fixes=cures)


def _of(seen: tuple[ErrorSeen, ...], words: str) -> bool:
    return any(carries(words, error.text) for error in seen)
