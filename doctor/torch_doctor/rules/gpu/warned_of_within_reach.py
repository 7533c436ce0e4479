"""torch warns of a GPU that its code reaches: the warning is harmless.

What it checks
    torch's start-up warning about the least and the greatest compute capability that it was built for, beside GPUs of
    the same major as the greatest, where no kernel failed for lack of code.
Why it matters
    Code for 12.0 runs on 12.1: torch compares the numbers, and the warning says nothing of a fault.
How to fix
    Nothing is to be mended.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.gpu._refused import NO_KERNEL, REFUSED, in_range


@rule("TD238", severity="note", about=("errors",))
def check(
    errors: Errors, judgement: Judgement, cures: Cures, gpus: tuple[Gpu, ...] = ()
) -> Iterator[Draft]:
    warned = errors.of("torch_gpu_too_old")
    failed = errors.matching(NO_KERNEL) or errors.matching(REFUSED)
    if failed or judgement.objections or not in_range(cures, warned):
        return
    names = dict.fromkeys(f"{gpu.name} ({gpu.capability})" for gpu in cures.machine.gpus or ())
    message = (
        f"torch's warning about {', '.join(names)} is harmless: code for a lower capability of the same major runs on "
        "a higher one"
    )
    rows = dict.fromkeys(error.signature for error in (*warned, *errors.of("cuda_209_no_kernel")))
    yield finding("gpu", message, because=errors.receipts(*filter(None, rows)))
