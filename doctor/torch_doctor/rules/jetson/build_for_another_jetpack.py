"""The installed torch is for another JetPack than this Jetson runs.

What it checks
    On a Jetson: the CUDA of the build against the L4T release (JetPack 4 has CUDA 10.2, 5 has 11.4,
    6 has 12, 7 has 13).
Why it matters
    A Jetson's driver comes with JetPack and cannot be updated by itself: a build for a newer CUDA major
    does not start, and one for an older major misses its libraries.
How to fix
    Install the torch that NVIDIA builds for this JetPack, or update JetPack.
References
    https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.jetson._jetpack import jetpack_of, own_build


@rule(
    "TD670",
    severity="error",
    cause="jetson",
    breaks=("start", "import"),
    explains=("TD120", "TD672"),
)
def check(
    jetson: str,
    torch_cuda: CudaVersion,
    matrix: Matrix,
    python_tag: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    row = jetpack_of(jetson, matrix)
    if row is None or torch_cuda.major == row.cuda or cuda_started(kernel_results, cuda_available):
        return
    where = own_build(jetson, python_tag, matrix)
    message = (
        f"torch for CUDA {torch_cuda} on L4T {jetson}: JetPack {row.jetpack} has CUDA {row.cuda}"
    )
    # Between the two it depends on toolkit or compatibility packages that were added by hand.
    severity = None if torch_cuda.major > row.newest_cuda else Severity.WARNING
    because = [receipt("jetpacks", row)]
    yield finding("torch", message, severity=severity, because=because, fixes=[where])
