"""Which driver serves which generation of GPUs: where one begins, where one ends, and what a release changed."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.matrix.gpus.mentions import gpu_names
from torch_doctor.matrix.gpus.rows import DriverTurn
from torch_doctor.matrix.query import architecture_of
from torch_doctor.matrix.rows import DriverBranch
from torch_doctor.matrix.store import Matrix, worked_out_once

_SERIES = regex(r"\bseries\b|(?<!\w)\d0xx\b|\bsm_\d{2,3}\b", re.IGNORECASE)


def is_named_in(text: str, matrix: Matrix) -> bool:
    """Whether *text* names a generation of NVIDIA's GPUs, by its name, its series or target, or one of its GPUs."""
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", text)}
    generations = {row.name.split()[0].lower() for row in matrix.architectures}
    return bool(_SERIES.search(text) or words & generations or gpu_names(matrix).find(text))


@worked_out_once
def first_that_must_be_open(matrix: Matrix) -> DriverBranch:
    """Return the first branch for a generation that runs on the open kernel modules alone."""
    rows = matrix.architectures
    begins = [r.first_branch for r in rows if r.open_modules == "required" and r.first_branch]
    return _branch(min(begins), matrix)


@worked_out_once
def for_most(matrix: Matrix) -> DriverBranch:
    """Return the branch that serves more generations than any other: the last one of those that ended last."""
    return _branch(max(_ends(matrix)), matrix)


@worked_out_once
def first_end(matrix: Matrix) -> int:
    """Return the last branch of the oldest generation that is still about."""
    return min(_ends(matrix))


def first_cuda(capability: ComputeCapability, matrix: Matrix) -> CudaVersion | None:
    """Return the CUDA that the first driver for a capability reports; None where that is not on record."""
    row = architecture_of(matrix, capability)
    return CudaVersion.parse(row.first_cuda) if row else None


def change(name: str, matrix: Matrix) -> DriverTurn:
    """Return the row of one change; raise LookupError where there is none of that name."""
    rows = matrix.select(DriverTurn, change=name)
    if not rows:
        raise LookupError(name)
    return rows[0]


def changed_in(name: str, matrix: Matrix) -> DriverRelease:
    """Return the release of the driver that brought one change."""
    return DriverRelease.parse(change(name, matrix).first)


def _ends(matrix: Matrix) -> list[int]:
    return [row.last_branch for row in matrix.architectures if row.last_branch]


def _branch(number: int, matrix: Matrix) -> DriverBranch:
    return next(row for row in matrix.drivers if row.branch == number)
