"""PyTorch's index in the place of the default one, with packages that it does not have."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.text import listing
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, Flaw, InstallStep
from torch_doctor.linter.requirement import is_official, torch_index
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "index-hides-pypi": "PyTorch's index replaces the default one for packages that it does not have.",
}
_BESIDE_TORCH = ("torch", "pytorch-", "nvidia-", "triton", "cuda-", "intel-")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield steps where another index than PyTorch's is needed and none is named."""
    for setup in project.setups:
        for step in setup.steps:
            if (
                step.tool not in ("pip", "uv")
                or step.main_index is None
                or not is_official(step.main_index.url)
            ):
                continue
            indexed = torch_index(step.main_index.url)
            others = [use for use in step.extra if not torch_index(use.url)]
            if indexed is None or indexed.channel:
                continue  # what nightly builds and candidates bring beside torch changes too often to be on record
            if others or step.links or "--no-deps" in step.flags:
                continue
            yield from _lacking(step, setup, project.matrix)


def _lacking(step: InstallStep, setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    assert step.main_index is not None
    served = {row.package: row for row in matrix.index_packages}
    absent = [
        one
        for one in setup.wanted(step)
        if one.name and not one.url and not one.source and UNKNOWN not in one.name
        if one.name not in served and not one.name.startswith(_BESIDE_TORCH)
    ]
    if not absent:
        return
    names = sorted({one.name for one in absent})
    shown = (
        listing(names[:4])
        if len(names) < 5
        else f"{', '.join(names[:4])} and {len(names) - 4} more"
    )
    message = f"--index-url replaces the default index, and PyTorch's does not have {shown}"
    fix = "install torch by itself from there, or name the default index as --extra-index-url"
    because = (receipt("index_packages", matrix.index_packages[0]),)
    yield Flaw("index-hides-pypi", Severity.ERROR, step.main_index.spot, message, fix, because)
