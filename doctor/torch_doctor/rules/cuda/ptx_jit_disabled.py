"""CUDA_DISABLE_PTX_JIT forbids the driver to compile PTX.

What it checks
    The variable, error 223, and whether the GPU depends on PTX of the installed build.
Why it matters
    A GPU that the build covers by PTX alone cannot run anything; others lose kernels that exist as PTX.
How to fix
    Unset the variable.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.cuda._cover import covers


@rule(
    "TD302",
    severity="note",
    cause="ptx-unsupported-toolchain",
    breaks="cuda",
    about=("cuda_disable_ptx_jit", "errors"),
)
def check(
    cures: Cures,
    cuda_disable_ptx_jit: str | None = None,
    gpus: tuple[Gpu, ...] = (),
    arch_list: tuple[SmTarget, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    set_here = cuda_disable_ptx_jit not in (None, "", "0")
    refused = errors.matching(r"PTX JIT compilation was disabled|cudaErrorJitCompilationDisabled")
    if not set_here and not refused:
        return
    needs = [
        gpu
        for gpu in cures.machine.gpus or ()
        if gpu.capability and _needs_ptx(arch_list, gpu.capability)
    ]
    ran = any(result.ok for result in kernel_results)
    message = "CUDA_DISABLE_PTX_JIT is set: the driver compiles no PTX"
    if needs:
        message += f", and torch has only PTX for {needs[0].name}"
    yield finding(
        "environment",
        message,
        severity=Severity.ERROR if refused or (needs and not ran) else None,
        fixes=[fixes.unset_variable("CUDA_DISABLE_PTX_JIT", "PTX can then be compiled")],
    )


def _needs_ptx(targets: tuple[SmTarget, ...], own: ComputeCapability) -> bool:
    return covers(targets, own) and not covers(targets, own, jit=False)
