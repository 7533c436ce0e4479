"""What comes after the last release that serves an old GPU, whose age nobody may want."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.law.support_end import may_cover
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

# Minor releases behind the newest one from which on hardly a program of today runs with it.
_LONG_AGO = 10


def beyond(
    found: TorchBuild, gpus: Sequence[GpuTraits], rows: Sequence[TorchBuild], matrix: Matrix
) -> str:
    """Say how a newer torch is had where every build after *found* lacks code for one of *gpus*; else nothing."""
    newer = [row for row in rows if release_key(row.torch) > release_key(found.torch)]
    later = {release_key(row.torch)[:2] for row in newer} - {release_key(found.torch)[:2]}
    if len(later) < _LONG_AGO:
        return ""
    lasts = {row.capability: row.last_cuda for row in matrix.architectures}
    for gpu in gpus:
        last = lasts.get(str(gpu.capability))
        if last and not any(may_cover(row, gpu, matrix) for row in newer):
            return (
                "; a program that asks for a newer torch needs one built from source for it "
                f"(TORCH_CUDA_ARCH_LIST={gpu.capability}, CUDA {last} or older), another GPU, or the CPU"
            )
    return ""
