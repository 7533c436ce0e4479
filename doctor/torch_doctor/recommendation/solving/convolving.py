"""Beside a package whose models are made of convolutions, a build comes last whose cuDNN has no code for a GPU."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.beside import traits_of
from torch_doctor.matrix.builds.notices import Notice, cudnn_gap, cudnn_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted


def with_cudnn_first(
    order: Sequence[Accepted], machines: Sequence[Machine], asked: Constraints, matrix: Matrix
) -> list[Accepted]:
    """Return *order* with those builds last; what is installed does not move for them."""
    if asked.prefer == "smallest-change" or not _convolving(asked, matrix):
        return list(order)
    return sorted(order, key=lambda item: _gap(item, machines, matrix) is not None)


def newer_without_cudnn(order: Sequence[Accepted], problem: Problem) -> Notice | None:
    """Say which newer torch than the first runs as well, and what the package lacks there; None where none does."""
    machines, asked, matrix, _ = problem
    chosen = order[0]
    package = _convolving(asked, matrix)
    if asked.prefer == "smallest-change" or package is None:
        return None
    newest = max(order, key=lambda item: release_key(item.candidate.torch))
    gap = _gap(newest, machines, matrix)
    ahead = release_key(newest.candidate.torch) > release_key(chosen.candidate.torch)
    if gap is None or not ahead or _gap(chosen, machines, matrix) is not None:
        return None
    label = f"torch {newest.candidate.torch}+{newest.candidate.variant}"
    text = f"{label} runs, too, but the models of {package} are made of convolutions: {gap.text}"
    return Notice(text, (*gap.because, *newest.because))


def _convolving(asked: Constraints, matrix: Matrix) -> str | None:
    for companion in asked.companions:
        traits = traits_of(companion.package, matrix)
        if traits is not None and traits.convolves:
            return companion.package
    return None


def _gap(item: Accepted, machines: Sequence[Machine], matrix: Matrix) -> Notice | None:
    for machine, row in zip(machines, item.candidate.rows, strict=True):
        cuda = CudaVersion.parse(row.cuda) if row.cuda else None
        for gpu in machine.gpus or ():
            if gap := cudnn_gap(cudnn_of(row), cuda, gpu, matrix):
                return gap
    return None
