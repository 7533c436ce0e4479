"""A cuda-compat library older than the driver is on the loader's path.

What it checks
    The libcuda that the loader takes is cuda-compat, and its release is of an older branch than the driver.
Why it matters
    An older user-mode driver over a newer kernel module is an unsupported pair: CUDA error 803.
How to fix
    Take the compat directory off the loader's path: the driver alone serves every older CUDA.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.judgement import Judgement, Kind
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD119",
    severity="error",
    cause="forward-compat-unsupported",
    explains=("TD113", "TD117", "TD409"),
)
def check(libcuda, driver_release, judgement: Judgement) -> Iterator[Draft]:
    for objection in judgement.of(Kind.COMPAT_OLDER_THAN_DRIVER):
        directory = libcuda.path.rpartition("/")[0]
        cure = fixes.by_hand(f"take {directory} off LD_LIBRARY_PATH and /etc/ld.so.conf.d", scope="container")
        yield finding("driver", objection.message, because=objection.because, fixes=[cure])
