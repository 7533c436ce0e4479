"""A cuda-compat library is used on a GPU that may not use it.

What it checks
    The libcuda that the loader takes is cuda-compat (or CUDA answered 804), and the GPU is no data-centre product.
Why it matters
    Forward compatibility works on data-centre GPUs only; elsewhere CUDA stops with error 804.
How to fix
    Take the compat directory off the loader's path, and use a build that the driver itself serves, or update the driver.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.judgement import Judgement, Kind
from doctor.core.rule import Draft, finding, rule

CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE = 804


@rule(
    "TD118",
    severity="error",
    cause="forward-compat-unsupported",
    explains=("TD117", "TD120", "TD409"),
)
def check(judgement: Judgement, cures: object, cuda_init=None, libcuda=None, driver_release=None) -> Iterator[Draft]:
    objections = judgement.of(Kind.COMPAT_INELIGIBLE)
    told = cuda_init is not None and cuda_init.code == CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE
    if not objections and not told:
        return
    message = objections[0].message if objections else "CUDA refused forward compatibility on this GPU (error 804)"
    drop = fixes.by_hand(
        "take the cuda-compat directory off LD_LIBRARY_PATH and /etc/ld.so.conf.d"
        + (f" (it supplies {libcuda.path})" if libcuda and libcuda.kind == "compat" else ""),
        scope="container",
    )
    because = [receipt for objection in objections for receipt in objection.because]
    yield finding("driver", message, because=because, fixes=[drop, *cures.another_build()])
