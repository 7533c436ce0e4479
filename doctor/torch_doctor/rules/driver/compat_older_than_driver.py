"""A cuda-compat library older than the driver is on the loader's path.

What it checks
    The libcuda that the loader takes is cuda-compat, and its release is of an older branch than the
    driver. In a container, CUDA's answer 803 says the same of the image's cuda-compat.
Why it matters
    An older user-mode driver over a newer kernel module is an unsupported pair: CUDA error 803.
How to fix
    Take the compat directory off the loader's path: the driver alone serves every older CUDA.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import ApiStatus, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

SYSTEM_DRIVER_MISMATCH, NVML_MISMATCH = 803, 18
_MISMATCH = r"driver/library version mismatch|nvml/rm version mismatch"


@rule(
    "TD119",
    severity="error",
    cause="forward-compat-unsupported",
    breaks="start",
    explains=("TD113",),
    about=("judgement", "cuda_init", "errors"),
)
def check(
    judgement: Judgement,
    libcuda: LibraryFile | None = None,
    ld_library_path: str | None = None,
    driver_release: DriverRelease | None = None,
    cuda_init: ApiStatus | None = None,
    nvml_status: ApiStatus | None = None,
    container: str | None = None,
    container_image: str | None = None,
    container_gpus_requested: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    compat = libcuda.path.rpartition("/")[0] if libcuda and libcuda.kind == "compat" else None
    cure = fixes.by_hand(
        "take the cuda-compat directory off LD_LIBRARY_PATH and out of /etc/ld.so.conf.d; where the driver alone "
        "serves no CUDA of the image's major, take an older tag of the image, or a newer driver",
        scope="container" if container or container_image else "env",
    )
    if compat:
        cure = fixes.off_library_path(compat, ld_library_path)
    objections = judgement.of(Kind.COMPAT_OLDER_THAN_DRIVER)
    for objection in objections:
        yield finding("driver", objection.message, because=objection.because, fixes=[cure])
    refused = cuda_init is not None and cuda_init.code == SYSTEM_DRIVER_MISMATCH
    refused = refused or bool(errors.numbered(SYSTEM_DRIVER_MISMATCH))
    baked = bool(errors.matching(_MISMATCH)) or (nvml_status and nvml_status.code == NVML_MISMATCH)
    inside = container or container_image or container_gpus_requested is not None
    ours = compat is not None or (libcuda is None and inside)
    if objections or not refused or baked or not ours or any(r.ok for r in kernel_results):
        return
    message = "CUDA answers 803: the image's cuda-compat library does not go with the host's driver"
    because = errors.receipts("cuda_803_mismatch")
    yield finding("driver", message, because=because, fixes=[cure], confidence="medium")
