"""The installed torch has no code for this GPU because the GPU is older.

What it checks
    The GPU's compute capability against the targets that torch's kernels were compiled for, PTX
    included.
Why it matters
    is_available() is True, yet the first kernel fails: no kernel image is available for execution on
    the device. A display card beside a GPU on which PyTorch runs is worth a warning alone.
How to fix
    Install a build that still covers the GPU, usually the same torch for an older CUDA, or hide the GPU.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import SmTarget, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_NO_KERNEL = "cuda_209_no_kernel"


@rule("TD202", severity="error", cause="gpu-arch-not-in-wheel", breaks="cuda", explains=("TD770",))
def check(
    gpus: tuple[Gpu, ...],
    judgement: Judgement,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    arch_list: tuple[SmTarget, ...] | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    aside, met = judgement.aside, errors.receipts(_NO_KERNEL) if errors.of(_NO_KERNEL) else ()
    for objection in (*judgement.of(Kind.GPU_OLDER_THAN_BUILD), *aside):
        beside = objection in aside
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message + (": PyTorch runs on the GPU beside it" if beside else ""),
            severity=Severity.WARNING if beside else None,
            because=(*objection.because, *(met if beside else ())),
            fixes=[cures.without_gpus(one.gpu for one in aside)]
            if beside
            else cures.another_build(),
            confidence=objection.confidence,
        )
