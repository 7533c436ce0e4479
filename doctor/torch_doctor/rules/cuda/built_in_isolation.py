"""A package is compiled against another torch than the installed one, because pip builds in isolation.

What it checks
    Paths of pip's or uv's temporary build environment in the failing output.
Why it matters
    The build environment brings the newest torch: its CUDA fits neither the local nvcc nor the driver nor the torch
    that the package will run with.
How to fix
    Build with --no-build-isolation, with torch installed first.
References
    https://pip.pypa.io/en/stable/reference/build-system/#build-isolation
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD304", severity="error", cause="nvcc-cuda-home-mismatch", explains=("TD120", "TD409"))
def check(
    build_isolated: bool,
    errors: Errors,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if not build_isolated or any(result.ok for result in kernel_results):
        return
    trouble = errors.matching(
        r"mismatches the version|too old \(found version|CUDA_HOME|nvcc|No module named 'torch'|error:"
    )
    if trouble:
        message = "the package is compiled against a temporary torch of pip's build environment"
        command = "python -m pip install --no-build-isolation PACKAGE"
        own = fixes.by_hand("build against the installed torch", command)
        yield finding("extensions", message, fixes=[own])
