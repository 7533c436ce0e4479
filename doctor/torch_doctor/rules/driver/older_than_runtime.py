"""The driver is older than the CUDA that torch was built with needs.

What it checks
    The driver's release against the floor of the build's CUDA major, under minor-version
    compatibility; a cuda-compat library in use is taken into account. Where the facts do not say,
    torch's own words do: "The NVIDIA driver on your system is too old" or error 35.
Why it matters
    torch.cuda.is_available() is False, and nothing runs on the GPUs.
How to fix
    Install the same torch for an older CUDA, or update the driver.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind, Status
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.driver import _too_old as words

_NO_DRIVER = ("smi_no_comm", "libcuda_missing", "nvml_lib_not_found", "nvidia_module_absent")


@rule(
    "TD120",
    severity="error",
    cause="driver-too-old-for-cuda-build",
    breaks="library",
    explains=("TD301",),
    about=("judgement", "driver_release", "errors"),
)
def check(
    judgement: Judgement,
    cures: Cures,
    matrix: Matrix,
    torch_cuda: CudaVersion | None = None,
    driver_release: DriverRelease | None = None,
    driver_cuda: CudaVersion | None = None,
    container: str | None = None,
    container_gpus_requested: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    objections = judgement.of(Kind.DRIVER_BELOW_FLOOR)
    for objection in objections:
        yield finding(
            "torch",
            objection.message,
            because=objection.because,
            fixes=words.cures_of(cures, torch_cuda, errors),
            confidence=objection.confidence,
        )
    started = cuda_started(kernel_results, cuda_available)
    if started and not (objections or container):
        yield from words.of_the_next_build(errors, driver_release, kernel_results, cures)
    if objections or started:
        return
    too_old = printed = errors.of("torch_driver_too_old", "image_needs_driver")
    # Error 35 without a driver means "none", which other rules say; with one, "too old".
    has_driver = driver_release or not (container or errors.of(*_NO_DRIVER))
    if judgement.status is not Status.SUPPORTED and has_driver and container_gpus_requested is None:
        too_old = too_old or errors.of("cuda_35_insufficient", "driver_too_old_told")
    if not too_old and torch_cuda is None and cuda_available is False:
        yield from words.of_another_age(driver_release, cures, matrix)
    if too_old and not printed and torch_cuda is None and words.serves_most(driver_cuda):
        yield words.either(driver_cuda)
    elif too_old and judgement.status is not Status.SUPPORTED:
        yield words.as_torch_says(driver_cuda, torch_cuda, errors, cures)
    elif words.refutes(errors, torch_cuda, cuda_available):
        yield words.as_torch_says(driver_cuda, None, errors, cures)
