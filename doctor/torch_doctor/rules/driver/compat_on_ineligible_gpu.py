"""A cuda-compat library is used on a GPU that may not use it.

What it checks
    The libcuda that the loader takes is cuda-compat (or CUDA answered 804), and the GPU is no
    data-centre product.
Why it matters
    Forward compatibility works on data-centre GPUs only; elsewhere CUDA stops with error 804.
How to fix
    Take the compat directory off the loader's path, or update the driver. Another torch changes nothing: the
    library is loaded all the same.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._compat import driver_instead, not_rebooted

COMPAT_NOT_SUPPORTED = 804


@rule(
    "TD118",
    severity="error",
    cause="forward-compat-unsupported",
    breaks="start",
    explains=("TD120",),
    about=("judgement", "cuda_init", "errors"),
)
def check(
    judgement: Judgement,
    cures: Cures,
    cuda_init: ApiStatus | None = None,
    libcuda: LibraryFile | None = None,
    ld_library_path: str | None = None,
    kernel_module: KernelModule | None = None,
    driver_library_release: DriverRelease | None = None,
    driver_cuda: CudaVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    objections = judgement.of(Kind.COMPAT_INELIGIBLE)
    refused = cuda_init is not None and cuda_init.code == COMPAT_NOT_SUPPORTED
    refused = refused or bool(errors.numbered(COMPAT_NOT_SUPPORTED))
    if not objections and (not refused or cuda_started(kernel_results, cuda_available)):
        return
    because = [receipt for objection in objections for receipt in objection.because]
    loaded = kernel_module.release if kernel_module else None
    if refused and loaded and driver_library_release and driver_library_release > loaded:
        yield not_rebooted(driver_library_release, loaded, because)
        return
    message = "CUDA refused forward compatibility on this GPU (error 804)"
    drop = fixes.by_hand(
        "take the cuda-compat directory off LD_LIBRARY_PATH and out of ld.so.conf.d"
    )
    if libcuda and libcuda.kind == "compat":
        drop = fixes.off_library_path(libcuda.path.rpartition("/")[0], ld_library_path)
    because += [] if objections else errors.receipts("cuda_804_compat")
    message = objections[0].message if objections else message
    cure = [drop, *driver_instead(cures, driver_cuda, torch_cuda)]
    yield finding("driver", message, because=because, fixes=cure)
