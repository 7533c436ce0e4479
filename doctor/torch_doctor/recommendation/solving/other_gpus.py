"""Which other GPUs would do: the generations that a build serves, each named beside that build and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from torch_doctor.core.records import Gpu
from torch_doctor.core.text import listing
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.gpus.rows import Architecture
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.solving.solve import Accepted


def in_place_of_gpus(
    matrix: Matrix, solved: Callable[[GpuTraits], Accepted | None]
) -> Iterator[tuple[str, Accepted]]:
    """Yield the generations that one build serves, in words, with that build: the newest torch comes first.

    An older torch is named for newer generations than those before it, and not for older ones.
    """
    rows = [row for row in matrix.architectures if not row.tegra]
    rows.sort(key=lambda row: ComputeCapability.parse(row.capability))
    served = [(row, solved(_gpu(row, matrix))) for row in rows]
    newest = {best.candidate.label: best for _, best in served if best is not None}
    reached = -1
    for label, best in sorted(newest.items(), key=_torch_key, reverse=True):
        by_build = groupby(served, lambda pair: pair[1] is not None and pair[1].candidate.label)
        runs = [[row for row, _ in run] for by, run in by_build if by == label]
        if rows.index(runs[-1][-1]) > reached:
            reached = rows.index(runs[-1][-1])
            yield f"another GPU, of capability {listing([_range(run) for run in runs], 'or')}", best


def _gpu(row: Architecture, matrix: Matrix) -> GpuTraits:
    gpu = Gpu(0, None, ComputeCapability.parse(row.capability))
    return traits_of(gpu, matrix, listed=False)


def _range(rows: list[Architecture]) -> str:
    ends = rows if len(rows) == 1 else [rows[0], rows[-1]]
    return " to ".join(f"{one.capability} ({one.name})" for one in ends)


def _torch_key(item: tuple[str, Accepted]) -> tuple[int, ...]:
    return release_key(item[1].candidate.torch)
