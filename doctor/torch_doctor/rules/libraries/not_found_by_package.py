"""A package asks for a CUDA library that the loader does not find.

What it checks
    Import errors and dead programs that name cuDNN, NCCL, cuFFT or another CUDA library as a missing file, where
    torch itself did not ask for it. Libraries whose number is the CUDA major have a rule of their own.
Why it matters
    torch brings these libraries for itself. A package that was built to use the system's finds them only where they
    are installed and where the loader looks.
How to fix
    Install the library with the major that the file's name says, or import torch first where it brings the same.
References
    https://man7.org/linux/man-pages/man8/ld.so.8.html
    https://docs.nvidia.com/deeplearning/cudnn/installation/latest/linux.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import alone_in
from torch_doctor.rules.libraries._not_found import files_not_found
from torch_doctor.rules.libraries._wheels import (
    beside_jetpack,
    for_jetson,
    for_library,
    pins_of,
    that_follows,
)


@rule("TD767", severity="error", cause="cuda-libs-missing", breaks="import")
def check(
    errors: Errors,
    matrix: Matrix,
    torch_version: TorchVersion | None = None,
    torch_import_error: str | None = None,
    torch_cuda: CudaVersion | None = None,
    jetson: str | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    missing = [name for name in files_not_found(errors) if name not in (torch_import_error or "")]
    if not missing or any(result.ok for result in kernel_results):
        return
    known = {failure.missing: failure.module for failure in errors.refusals}
    message = (
        f"{known.get(missing[0]) or 'a package'} needs {missing[0]}, which the loader does not find"
    )
    # the libraries of a Jetson come with its JetPack: a build or an image that lacks one is for another
    cause = "jetson" if jetson else None
    if jetson:
        cures = beside_jetpack(missing[0], jetson, matrix) or for_jetson(jetson, container)
    else:
        pins = pins_of(torch_version, torch_cuda, matrix)
        named = alone_in(
            (error.text for error in errors.matching(missing[0].partition(".")[0])), matrix
        )
        follow = that_follows(named, missing[0], torch_version, torch_cuda, matrix)
        cures = [*follow, *for_library(missing[0], matrix, torch_cuda, pins)]
    yield finding("libraries", message, cause=cause, fixes=cures)
