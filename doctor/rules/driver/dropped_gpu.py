"""The driver has dropped this GPU: an older branch is needed.

What it checks
    The driver's branch against the last branch that drives the GPU's architecture.
Why it matters
    The kernel log says that the GPU is supported through a legacy driver, and nvidia-smi does not list it.
How to fix
    Install the last branch that drives the GPU, and keep the package from being upgraded.
References
    https://docs.nvidia.com/datacenter/tesla/drivers/cuda-toolkit-driver-and-architecture-matrix.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.judgement import Judgement, Kind
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD122",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD111", "TD117", "TD409"),
)
def check(driver_release, judgement: Judgement, cures: object, gpus=(), pci_gpus=()) -> Iterator[Draft]:
    for objection in judgement.of(Kind.DRIVER_DROPPED_GPU):
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[cures.driver_for_gpu(objection.gpu)],
            confidence=objection.confidence,
        )
