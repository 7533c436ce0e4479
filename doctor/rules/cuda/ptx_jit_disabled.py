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

from doctor.core import fixes
from doctor.core.finding import Severity
from doctor.core.rule import Draft, finding, rule


@rule("TD302", severity="note", cause="ptx-unsupported-toolchain", explains=("TD409",))
def check(
    errors: object, cuda_disable_ptx_jit=None, gpus=(), arch_list=(), errors_seen=(), kernel_results=()
) -> Iterator[Draft]:
    set_here = cuda_disable_ptx_jit not in (None, "", "0")
    said = errors.matching(r"PTX JIT compilation was disabled|cudaErrorJitCompilationDisabled")
    if not set_here and not said:
        return
    needs = [gpu for gpu in gpus if gpu.compute_capability and _needs_ptx(gpu, arch_list)]
    ran = any(result.ok for result in kernel_results)
    message = "CUDA_DISABLE_PTX_JIT is set: the driver compiles no PTX"
    if needs:
        message += f", and torch has only PTX for {needs[0].name}"
    yield finding(
        "environment",
        message,
        severity=Severity.ERROR if said or (needs and not ran) else None,
        fixes=[fixes.unset_variable("CUDA_DISABLE_PTX_JIT", "PTX can then be compiled")],
    )


def _needs_ptx(gpu: object, arch_list: tuple) -> bool:
    own = gpu.compute_capability
    if not any(target.ptx for target in arch_list):
        return False
    cubins = [target.capability for target in arch_list if not target.ptx]
    return not any(c.major == own.major and c.minor <= own.minor for c in cubins)
