"""The driver is older than the CUDA that torch was built with needs.

What it checks
    The driver's release against the floor of the build's CUDA major, under minor-version compatibility; a cuda-compat
    library in use is taken into account.
Why it matters
    torch.cuda.is_available() is False, with "The NVIDIA driver on your system is too old" or CUDA error 35.
How to fix
    Install the same torch for an older CUDA, or update the driver.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.judgement import Judgement, Kind
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD120",
    severity="error",
    cause="driver-too-old-for-cuda-build",
    explains=("TD111", "TD301", "TD409"),
)
def check(
    torch_cuda, judgement: Judgement, cures: object, driver_release=None, driver_cuda=None
) -> Iterator[Draft]:
    for objection in judgement.of(Kind.DRIVER_BELOW_FLOOR):
        yield finding(
            "torch",
            objection.message,
            because=objection.because,
            fixes=[*cures.another_build(), cures.driver_for(torch_cuda)],
            confidence=objection.confidence,
        )
