"""The driver is older than the GPU: it does not know the chip.

What it checks
    The driver's branch against the first branch that drives the GPU's architecture.
Why it matters
    nvidia-smi says "No devices were found", and no build of torch can help.
How to fix
    Update the driver.
References
    https://github.com/NVIDIA/open-gpu-kernel-modules
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures


@rule(
    "TD121",
    severity="error",
    cause="driver-too-old-for-cuda-build",
    breaks="library",
    explains=("TD120", "TD204"),
)
def check(
    driver_release: DriverRelease,
    judgement: Judgement,
    cures: Cures,
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
) -> Iterator[Draft]:
    for objection in judgement.of(Kind.DRIVER_OLDER_THAN_GPU):
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[cures.driver_for_gpu(objection.gpu)],
            confidence=objection.confidence,
        )
