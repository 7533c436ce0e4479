"""Something is newer than everything of its kind in the matrix.

What it checks
    The branch of the driver, the release of torch, its CUDA and each GPU's compute capability, against the newest on
    record.
Why it matters
    No row speaks of it. It is judged from what the driver and the installed files say, and what they do not say is
    unknown: it is never taken for missing or wrong because no row holds it.
How to fix
    Nothing is broken by it. Update torch-doctor, or take a newer matrix: torch-doctor matrix update --from FILE or an
    https address.
References
    https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.age import newer_capability, newer_cuda, newer_driver, newer_torch
from torch_doctor.matrix.store import Matrix


@rule(
    "TD908",
    severity="note",
    cause=None,
    about=("driver_release", "torch_version", "torch_cuda", "gpus"),
)
def check(
    matrix: Matrix,
    driver_release: DriverRelease | None = None,
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    gpus: tuple[Gpu, ...] = (),
) -> Iterator[Draft]:
    found = []
    if driver_release is not None and newer_driver(matrix, driver_release):
        found.append(("driver_release", "driver", f"driver {driver_release}"))
    if torch_version is not None and newer_torch(matrix, torch_version):
        found.append(("torch_version", "torch", f"torch {torch_version}"))
    if torch_cuda is not None and newer_cuda(matrix, torch_cuda):
        found.append(("torch_cuda", "torch", f"CUDA {torch_cuda}, which torch was built with,"))
    for gpu in gpus:
        capability = gpu.compute_capability
        if capability is not None and newer_capability(matrix, capability):
            words = f"compute capability {capability} of {gpu.name or 'the GPU'}"
            found.append(("gpus", f"gpu:{gpu.index}", words))
    for fact, subject, words in found:
        message = f"{words} is newer than this matrix of {matrix.version}: no row speaks of it"
        yield finding(subject, message, evidence=(fact,))
