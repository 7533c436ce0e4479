"""Code for this GPU exists as PTX alone, and the driver is too old to compile it.

What it checks
    Where no machine code of torch covers the GPU: the CUDA of the build's PTX against the CUDA that the driver
    reports. And error 222, which an extension (vLLM, a custom operator) with such PTX gives beside a sound torch.
Why it matters
    Minor-version compatibility does not cover PTX: error 222,
    the provided PTX was compiled with an unsupported toolchain.
How to fix
    Install a build with machine code for the GPU, or update the driver to the toolkit's branch.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.cuda._ptx import for_a_program, newer_driver, on_a_jetson
from torch_doctor.rules.jetson._jetpack import own_build

_TEXT = r"PTX was \w{5,9} with an unsupported toolchain|cudaErrorUnsupportedPtxVersion"


@rule(
    "TD301",
    severity="error",
    cause="ptx-unsupported-toolchain",
    breaks="cuda",
    explains=("TD308",),
    about=("judgement", "errors"),
)
def check(
    judgement: Judgement,
    cures: Cures,
    matrix: Matrix,
    jetson: str | None = None,
    torch_cuda: CudaVersion | None = None,
    arch_list: tuple[SmTarget, ...] | None = None,
    driver_cuda: CudaVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    objections = judgement.of(Kind.PTX_NEWER_THAN_DRIVER)
    for objection in objections:
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[*cures.another_build(), *newer_driver(cures, torch_cuda)],
        )
    if not objections and errors.matching(_TEXT):
        message = "a program holds PTX of a newer CUDA than the driver compiles (error 222)"
        if driver_cuda is not None:
            message += f"; the driver compiles PTX up to CUDA {driver_cuda}"
        if torch_cuda is not None and driver_cuda is not None and torch_cuda <= driver_cuda:
            message += f"; torch's own CUDA {torch_cuda} is no newer, so it is an extension's"
        yield finding(
            "extensions",
            message,
            because=errors.receipts("cuda_222_ptx"),
            fixes=[on_a_jetson(cures), own_build(jetson, None, matrix)]
            if jetson
            else for_a_program(cures, torch_cuda, driver_cuda),
        )
