"""A report says that torch does not support its GPU, and torch has builds that do.

What it checks
    In a report that tells no release of torch: words that torch, or its CUDA, does not work with a GPU or a series.
Why it matters
    A GPU needs a build for a CUDA that knows it. Programs that pin an older torch or index bring one that does not.
How to fix
    Install a build of torch with code for the GPU in the environment of that program.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.support_end import last_torch_for
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.gpu._claims import claims_in
from torch_doctor.rules.gpu._toolkits import first_of_generation


@rule("TD236", severity="error", cause="gpu-arch-not-in-wheel", breaks="cuda")
def check(
    errors: Errors,
    gpus: tuple[Gpu, ...],
    matrix: Matrix,
    judgement: Judgement,
    cures: Cures,
    torch_version: Fact[TorchVersion],
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    ran = any(one.ok for one in kernel_results)
    if ran or isinstance(torch_version, Known) or torch_version.lost or judgement.objections:
        return
    claims = claims_in(errors, matrix)
    another = any(error.code not in (None, 209) for error in errors.matching("."))
    if not claims or another:
        return
    for gpu in cures.machine.gpus or ():
        if gpu.capability is None or gpu.tegra or last_torch_for(gpu, cures.machine, matrix):
            continue  # the releases of today have no code for it: it is too old
        row = first_of_generation(matrix, gpu.capability)
        needs = f", which takes a build for CUDA {row.first_cuda} or newer" if row else ""
        message = f"torch is said not to support {gpu.name} ({gpu.capability.sm}){needs}"
        yield finding(
            f"gpu:{gpu.index}",
            f"{message}: {one_line(claims[0], 160)}",
            because=gpu.because,
            fixes=cures.another_build(failing=True),
            confidence="medium",
        )
        return
