"""What the makers of a companion serve elsewhere: newer releases on an index of their own or by another name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.beside import takes, traits_of
from torch_doctor.matrix.builds.features import lacks
from torch_doctor.matrix.builds.notices import Notice
from torch_doctor.matrix.builds.query import lacks_code, too_old_gpus
from torch_doctor.matrix.builds.rows import Companion, CompanionBuild, VendorIndex
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.law.platform import glibc_of
from torch_doctor.matrix.query import release_key, torch_build
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.plans.plan import PlannedPackage
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.neighbours import release_order
from torch_doctor.recommendation.solving.companions.shelf import shelf
from torch_doctor.recommendation.solving.companions.twins import twins
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Candidate


def newer_elsewhere(
    packages: Iterable[PlannedPackage], candidate: Candidate, problem: Problem
) -> Iterator[Notice]:
    """Yield for each package that was asked for what its makers have for the CUDA of *candidate* beyond the plan."""
    asked = {one.package: one for one in problem.constraints.companions}
    platform = candidate.rows[0].platform
    for package in packages:
        if package.name in asked:
            wanted = asked[package.name]
            found = _newer(wanted, package.version, candidate.cuda, platform, problem)
            if found is not None:
                yield found
            yield from _by_another_name(package, candidate.cuda, problem)


def _newer(
    wanted: WantedCompanion, chosen: str | None, cuda: CudaVersion, platform: str, problem: Problem
) -> Notice | None:
    """Say which newer release than *chosen* was seen on an index of its makers for the major of *cuda*.

    Its builds were not read, so that nothing is decided by it.
    """
    (package, spec), matrix = wanted, problem.matrix
    for row in sorted(
        matrix.select(VendorIndex, package=package),
        key=lambda row: _numbers(row.version),
        reverse=True,
    ):
        if chosen and _numbers(row.version) <= _numbers(chosen):
            return None
        asked_for = spec is None or spec.allows(row.version)
        if CudaVersion.from_tag(row.variant).major != cuda.major or not asked_for:
            continue
        if not all(_is_likely(row, machine, platform, matrix) for machine in problem.machines):
            continue
        releases = matrix.select(Companion, package=package, version=row.version)
        torch = next((one.torch.removeprefix("==") for one in releases if one.torch), None)
        build = torch and torch_build(matrix, torch, row.variant, platform)
        if not build or build.index_url is None or not _takes_all(build.torch, wanted, problem):
            continue
        if any(_too_old(build.glibc, machine) for machine in problem.machines):
            continue
        # Its makers compile a part of their kernels by triton, which torch brings.
        if any(any(lacks("triton", build.torch, one, matrix)) for one in problem.machines):
            continue
        text = (
            f"{package} {row.version} for {row.variant} was seen on {row.url}, and not read: "
            f'uv pip install "{package}=={row.version}+{row.variant}" "torch=={torch}+{row.variant}" '
            f"--extra-index-url {row.url} --extra-index-url {build.index_url} --index-strategy unsafe-best-match"
        )
        return Notice(text, (receipt("vendor_indexes", row), receipt("torch_builds", build)))
    return None


def _by_another_name(
    package: PlannedPackage, cuda: CudaVersion, problem: Problem
) -> Iterator[Notice]:
    """Say which package for the CUDA of torch has newer releases than the one that was asked for by its plain name."""
    matrix, machines = problem.matrix, problem.machines
    for name in twins(package.name, matrix):
        traits = traits_of(name, matrix)
        newest = next(iter(shelf(matrix).releases(WantedCompanion(name, None)).every), None)
        if traits is None or traits.cuda != cuda.major or newest is None or not package.version:
            continue
        built = all(
            shelf(matrix).build(newest, one, ())
            and not too_old_gpus(name, one, matrix, newest.version)
            for one in machines
        )
        if built and release_order(newest.version) > release_order(package.version):
            text = f"{newest.name} is newer, and for CUDA {cuda.major}, too: --with {name} has it in the plan"
            yield Notice(text, newest.because)


def _takes_all(torch: str, wanted: WantedCompanion, problem: Problem) -> bool:
    """Whether every other package that was asked for has a release that is known to go with *torch*."""
    known, matrix = shelf(problem.matrix), problem.matrix
    others = (one for one in problem.constraints.companions if one != wanted)
    return all(
        any(shelf(matrix).unsure_of(r, torch) is None for r in known.releases(one).paired(torch))
        for one in others
    )


def _is_likely(row: VendorIndex, machine: Machine, platform: str, matrix: Matrix) -> bool:
    """Whether the same release for another CUDA takes this Python and has code for these GPUs; this was not read."""
    builds = matrix.select(
        CompanionBuild, package=row.package, version=row.version, platform=platform
    )
    return any(
        (machine.python_tag is None or takes(build, machine.python_tag))
        and not any(lacks_code(build, gpu) for gpu in machine.gpus or ())
        and not _too_old(build.glibc, machine)
        for build in builds
    )


def _too_old(glibc: str | None, machine: Machine) -> bool:
    needed = glibc_of(glibc)
    return machine.glibc is not None and needed is not None and machine.glibc < needed


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a release: 0.19.1 of ``0.19.1.post1``."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return release_key(found[0]) if found else ()
