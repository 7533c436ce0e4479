"""Which published builds run on a machine: the law asked of every row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from torch_doctor.core.judgement import Status
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import builds_for, release_key
from torch_doctor.matrix.store import Matrix

PUBLISHED = "published"


def runnable_builds(
    machine: Machine, matrix: Matrix, torch: str | None = None
) -> Iterator[TorchBuild]:
    """Yield the published builds (of one *torch*) that run on *machine*, newest torch and CUDA first.

    Each is judged when it is asked for: mostly the first one answers the question.
    """
    for row in candidates(machine.wheel_platform, matrix):
        if torch in (None, row.torch) and runs(row, machine, matrix):
            yield row


def runs(row: TorchBuild, machine: Machine, matrix: Matrix) -> bool:
    """Whether a build is published and the law says that it runs on *machine*."""
    if row.status != PUBLISHED:
        return False
    return judge(machine, build_of_row(row, matrix)).status is Status.SUPPORTED


def candidates(platform: str | None, matrix: Matrix) -> list[TorchBuild]:
    """Return every CUDA build for a platform (all of them where it is not known), newest first."""
    return _newest_first(platform, matrix)


@lru_cache(16)
def _newest_first(platform: str | None, matrix: Matrix) -> list[TorchBuild]:
    rows = matrix.torch_builds if platform is None else builds_for(matrix, platform)
    return [row for row in sorted(rows, key=_age, reverse=True) if row.cuda]


def _age(row: TorchBuild) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return release_key(row.torch), release_key(row.cuda or "0")
