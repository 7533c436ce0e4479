"""What the features that were asked for add to a plan: triton for Windows, and which Pythons are left."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.beside import takes
from torch_doctor.matrix.builds.features import COMPILED, lacks, triton_for_windows
from torch_doctor.matrix.store import receipt
from torch_doctor.recommendation.plans.plan import PlannedPackage
from torch_doctor.recommendation.solving.problem import Problem


class Featured(NamedTuple):
    """The packages that features need beside torch, their rows, and the Pythons that all features have."""

    packages: tuple[PlannedPackage, ...]
    because: tuple[Receipt, ...]
    python: tuple[str, ...]


def featured(torch: str, python: tuple[str, ...], problem: Problem) -> Featured:
    """Return what the features asked of *problem* add beside *torch*; *python* are the tags that are left so far."""
    tags = tuple(tag for tag in python if not any(_refusals(torch, tag, problem)))
    compiled = any(one.feature in COMPILED for one in problem.constraints.features)
    if not compiled or not any(machine.platform == "windows" for machine in problem.machines):
        return Featured((), (), tags)
    build = triton_for_windows(torch, problem.matrix)
    if build is None:
        return Featured((), (), tags)
    tags = tuple(tag for tag in tags if takes(build, tag))
    package = PlannedPackage(build.package, build.version)
    return Featured((package,), (receipt("companion_builds", build),), tags)


def _refusals(torch: str, tag: str, problem: Problem) -> Iterator[str]:
    """Yield what is certain against a feature under one Python."""
    for machine in problem.machines:
        for feature in problem.constraints.features:
            changed = machine._replace(python_tag=tag)
            found = lacks(feature.feature, torch, changed, problem.matrix)
            yield from (lack.message for lack in found if lack.decided)
