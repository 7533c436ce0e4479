"""The installed torch has no code for this GPU because the GPU is newer.

What it checks
    The GPU's compute capability against the targets that torch's kernels were compiled for, PTX
    included.
Why it matters
    is_available() is True, yet the first kernel fails: no kernel image is available for execution on
    the device.
How to fix
    Install a build that covers the GPU.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import SmTarget, TorchVersion
from torch_doctor.fixes.cures import Cures


@rule("TD201", severity="error", cause="gpu-arch-not-in-wheel", breaks="cuda")
def check(
    gpus: tuple[Gpu, ...],
    judgement: Judgement,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    arch_list: tuple[SmTarget, ...] | None = None,
) -> Iterator[Draft]:
    for objection in judgement.of(Kind.GPU_NEWER_THAN_BUILD):
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=cures.another_build(),
            confidence=objection.confidence,
        )
