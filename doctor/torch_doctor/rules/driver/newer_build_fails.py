"""A build of torch for an older CUDA finds the GPU here, and one for a newer CUDA does not.

What it checks
    In a report: words that a build for one CUDA works on the machine and a build for a newer one does not, where they
    are of two majors, or older than CUDA 11. No driver is told of that serves the newer one.
Why it matters
    A driver serves the CUDA of its own age and all before it. Within a major any build from 11 on starts on it, so that
    the major tells: this driver is older than the newer build.
How to fix
    Stay with a build for the CUDA that works, or update the driver.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.query import driver_branch
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix

_OF_THE_GPU = r"no kernel image|capabilit|\bsm_\d"
_MINOR_COMPATIBLE = 11  # the first major whose builds start on any driver of the major


@rule(
    "TD156",
    severity="error",
    cause="driver-too-old-for-cuda-build",
    breaks="start",
    about=("cuda_of_working_build", "cuda_of_failing_build"),
)
def check(
    cuda_of_working_build: CudaVersion,
    cuda_of_failing_build: CudaVersion,
    cures: Cures,
    matrix: Matrix,
    driver_release: Fact[DriverRelease],
    driver_cuda: Fact[CudaVersion],
    errors_seen: Fact[tuple[ErrorSeen, ...]],
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    works, fails = cuda_of_working_build, cuda_of_failing_build
    same = works.major == fails.major and works.major >= _MINOR_COMPATIBLE
    if fails <= works or same or any(result.ok for result in kernel_results):
        return
    if errors.of("torch_gpu_too_old", "cuda_209_no_kernel") or errors.matching(_OF_THE_GPU):
        return  # the newer build left the GPU out
    deciding = {
        "errors_seen": errors_seen,
        "driver_release": driver_release,
        "driver_cuda": driver_cuda,
    }
    for name, fact in deciding.items():
        if fact.lost:
            raise UndecidedError(name)
    release = driver_release.value if isinstance(driver_release, Known) else None
    row = driver_branch(matrix, release) if release else None
    served = CudaVersion.parse(row.cuda) if row and row.cuda else None
    served = driver_cuda.value if isinstance(driver_cuda, Known) else served
    if served is not None and served.major >= fails.major:
        return
    message = (
        f"a build for CUDA {works} works and one for CUDA {fails} does not: the driver is older"
    )
    cure = [*cures.another_build(served or works), cures.driver_for(fails)]
    yield finding("driver", message, fixes=cure, confidence="medium")
