"""The driver finds no code for a GPU in a package that brings kernels of its own.

What it checks
    The driver proof: containers of GPU code out of flash-attn, xformers, vLLM, bitsandbytes, torchvision or sgl-kernel,
    loaded by the driver on a GPU on which it takes torch's code.
Why it matters
    torch works, and the first kernel of the package fails with error 209.
How to fix
    Install a release of the package that was built for this GPU, or build it for it.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MODULE.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import answered
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.proof._steps import NO_BINARY, failed, receipts


@rule("TD976", severity="warning", cause="extension-arch-missing")
def check(
    driver_proof: tuple[ProofStep, ...],
    cures: Cures,
    matrix: Matrix,
    driver_kernels: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    torch = {s.gpu for s in failed(driver_proof, "code") if s.of == "torch"}
    for step in failed(driver_proof, "code"):
        package = step.of or ""
        if package == "torch" or step.gpu in torch or step.code is None:
            continue
        here = [one for one in driver_kernels if one.index == step.gpu]
        name = f" ({here[0].name})" if here and here[0].name else ""
        what = "no code" if step.code == NO_BINARY else "code that the driver refuses"
        message = f"{package} has {what} for GPU {step.gpu}{name}: {answered(step)}"
        known = [gpu for gpu in cures.machine.gpus or () if gpu.capability and _is(gpu, here)]
        yield finding(
            package,
            message,
            because=receipts(step, matrix, errors),
            fixes=cures.extension(known[0], named=package) if known else (),
        )


def _is(gpu: GpuTraits, here: list[KernelResult]) -> bool:
    """Whether the law's GPU is that of the proof: of the same capability, where the proof knows it."""
    return not here or here[0].compute_capability in (None, gpu.capability)
