"""CUDA_FORCE_PTX_JIT has the driver ignore all machine code and compile PTX in its place.

What it checks
    The variable, beside the PTX that the installed build has for the GPU, what the driver answered to the build's code,
    and errors that say that there is no kernel for the GPU.
Why it matters
    Builds of torch carry machine code, and PTX for their newest target at most: with the variable set nothing of that
    may be used, and cuBLAS cannot start.
How to fix
    Unset the variable. It is meant for testing whether a program holds PTX at all.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Gpu, KernelResult, ProofStep
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.version import SmTarget
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_CODES = ("TD202", "TD203", "TD301", "TD767", "TD971", "TD972", "TD975", "TD976")
_WORDS = r"no kernel image is available|CUBLAS_STATUS_\w+|device kernel image is invalid"
_NO_CODE = (209, 218, 222)


@rule(
    "TD316",
    severity="error",
    cause="environment-variable",
    breaks="import",
    explains=_CODES,
    about=("cuda_force_ptx_jit",),
)
def check(
    cuda_force_ptx_jit: str,
    arch_list: Fact[tuple[SmTarget, ...]],
    gpus: tuple[Gpu, ...] = (),
    driver_proof: tuple[ProofStep, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_force_ptx_jit in ("", "0"):
        return
    message = "CUDA_FORCE_PTX_JIT is set: the driver leaves machine code aside and compiles PTX"
    refused = any(step.code in _NO_CODE for step in driver_proof)
    failed = refused or errors.matching(_WORDS) or any(result.error for result in kernel_results)
    ran = kernel_results and all(result.ok and not result.error for result in kernel_results)
    if arch_list.lost and not failed and not ran:
        raise UndecidedError("arch_list")
    targets = arch_list.or_else(())
    lacking = [gpu for gpu in gpus if targets and not _has_ptx(targets, gpu)]
    if lacking:
        message += f", and torch has no PTX for {lacking[0].name}"
    severity = None if not ran and (failed or lacking) else Severity.NOTE
    unset = fixes.unset_variable("CUDA_FORCE_PTX_JIT", "the driver takes machine code again")
    yield finding("environment", message, severity=severity, fixes=[unset])


def _has_ptx(targets: tuple[SmTarget, ...], gpu: Gpu) -> bool:
    own = gpu.compute_capability
    return own is None or any(t.ptx and t.capability <= own for t in targets)
