"""A plan laid over a host's facts: what would be true once it is carried out. Nothing is changed anywhere."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.fixes.effects.driver import with_driver
from torch_doctor.fixes.effects.packages import installed
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.plans.plan import Plan, PlannedPackage


def applied(facts: Facts, plan: Plan, matrix: Matrix) -> Facts:
    """Return *facts* as they would be with the plan carried out, its driver included where there was none."""
    if plan.keeps:
        return facts
    there = {package.name: package.version for package in facts.value("packages", ())}
    along = tuple(_arrives(package, plan, there) for package in plan.companions)
    done = installed(
        facts,
        TorchVersion(f"{plan.torch}+{plan.variant}"),
        CudaVersion.parse(plan.cuda) if plan.cuda else None,
        along,
        plan.origin,
    )
    known = facts.value("driver_release") or facts.value("driver_cuda")
    if plan.min_driver and known is None:
        done = with_driver(done, DriverRelease.parse(plan.min_driver), matrix)
    return done


def _arrives(package: PlannedPackage, plan: Plan, there: dict[str, str]) -> str:
    """Return a package as it is once the plan's command is done: an installer keeps a release that is there already.

    torch's own index names its CUDA in what it serves.
    """
    before = there.get(package.name, "")
    if package.version is not None and before.partition("+")[0] == package.version:
        return f"{package.name}=={before}"
    if package.version is not None and package.origin == "torch" and plan.index_url:
        return f"{package.name}=={package.version}+{plan.variant}"
    return package.requirement
