"""This GPU is at the end of its road: newer torch, CUDA or drivers no longer serve it.

What it checks
    Whether the newest torch release still has a build for the GPU, and whether the newest driver
    branch drives it.
Why it matters
    An upgrade of torch or of the driver would take the GPU away.
How to fix
    Nothing is broken: keep the versions that work, and pin them.
References
    https://github.com/pytorch/pytorch/issues/190385
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.support_end import last_torch_for
from torch_doctor.matrix.store import Matrix


@rule("TD210", severity="note")
def check(gpus: tuple[Gpu, ...], matrix: Matrix, cures: Cures) -> Iterator[Draft]:
    ending = set()
    for gpu in cures.machine.gpus or ():
        if gpu.capability is None or gpu.tegra or gpu.capability in ending:
            continue
        ending.add(gpu.capability)
        last = last_torch_for(gpu, cures.machine, matrix)
        parts = []
        if last is not None:
            parts.append(f"torch {last.torch}+{last.variant} is the last release with code for it")
        if gpu.last_branch is not None:
            parts.append(f"R{gpu.last_branch} is the last driver branch for it")
        if parts:
            message = f"{gpu.name}: {', and '.join(parts)}"
            yield finding(f"gpu:{gpu.index}", message, because=gpu.because)
