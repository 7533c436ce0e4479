"""Which published builds run on a machine: the law asked of every row."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.judgement import Judgement, Status
from doctor.matrix.builds import build_of_row
from doctor.matrix.law import judge
from doctor.matrix.load import Matrix
from doctor.matrix.machine import Machine
from doctor.matrix.model import TorchBuild
from doctor.matrix.query import release_key

PUBLISHED = "published"


def judged_builds(machine: Machine, matrix: Matrix) -> Iterator[tuple[TorchBuild, Judgement]]:
    """Yield every CUDA build for the machine's platform with its judgement, newest torch and CUDA first."""
    here = machine.wheel_platform
    rows = [
        row for row in matrix.torch_builds if row.cuda and (here is None or row.platform == here)
    ]
    rows.sort(key=lambda row: (release_key(row.torch), release_key(row.cuda or "0")), reverse=True)
    for row in rows:
        yield row, judge(machine, build_of_row(row), matrix)


def runnable_builds(machine: Machine, matrix: Matrix) -> list[TorchBuild]:
    """Return the published builds that run on *machine*, newest first."""
    return [
        row
        for row, judgement in judged_builds(machine, matrix)
        if row.status == PUBLISHED and judgement.status is Status.SUPPORTED
    ]
