"""The plan with an image, beside one whose build has none: the nearest build that runs wherever the first one does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.query import release_key
from torch_doctor.recommendation.plans.images.tags import image_for, take_images
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.plans.planning import plan_of
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted, candidates_for, serving


def with_imaged(plan: Plan, problem: Problem, accepted: Sequence[Accepted]) -> Plan:
    """Return *plan* with the nearest plan that has an image, where it has none; *accepted* stand best first."""
    if plan.image is not None or plan.cuda is None or not take_images(problem.machines):
        return plan
    imaged = next(_imaged(plan, problem, accepted), None)
    if imaged is None:
        return plan._replace(notes=(*plan.notes, f"no image of {plan.label} is on record"))
    return plan._replace(imaged=imaged._replace(why=_why(plan, imaged, problem)))


def with_devel_first(order: Sequence[Accepted], problem: Problem) -> list[Accepted]:
    """Return *order* with the builds of one torch first that have an image with a compiler, where one is needed.

    What is nearest to what is installed stays first.
    """
    asked = problem.constraints
    near = asked.prefer == "smallest-change"
    if near or not asked.companions or not take_images(problem.machines):
        return list(order)
    from torch_doctor.recommendation.solving.companions.stacks import stack

    dev = problem._replace(constraints=asked._replace(purpose="dev"))

    def lacks_compiler(item: Accepted) -> bool:
        beside = stack(asked.companions, item.candidate.offer, problem.machines, problem.matrix)
        built = any(fit.origin == "source" for fit in beside.fits)
        return built and not _has_image(item, dev)

    by_torch = groupby(order, lambda item: item.candidate.torch)
    return [item for _, group in by_torch for item in sorted(group, key=lacks_compiler)]


def _imaged(plan: Plan, problem: Problem, accepted: Sequence[Accepted]) -> Iterator[Plan]:
    """What was asked for comes first, then other builds for wheels, then NVIDIA's own."""
    if plan.built:  # a compiler is in devel images alone
        problem = problem._replace(constraints=problem.constraints._replace(purpose="dev"))
    for item in accepted:
        if _has_image(item, problem) and _runs_there(item.min_driver, plan, problem):
            made = plan_of(item, problem, accepted)
            if made.image is not None:
                yield made
    # An image brings its own Python and C library.
    machines = tuple(m._replace(python_tag=None, python=None, glibc=None) for m in problem.machines)
    free = problem.constraints._replace(torch=None, variant=None, cuda=None, companions=())
    wider = problem._replace(machines=machines, constraints=free)
    for item in serving(candidates_for(machines, problem.matrix), machines, free, problem.matrix):
        if _has_image(item, wider) and _runs_there(item.min_driver, plan, problem):
            yield plan_of(item, wider, accepted)
    from torch_doctor.recommendation.plans.images.vendor import (
        ngc_plans,  # seldom asked for this far
    )

    for own in ngc_plans(machines, problem.matrix):
        if _runs_there(DriverRelease.parse(own.min_driver or "0"), plan, problem):
            yield own


def _has_image(item: Accepted, problem: Problem) -> bool:
    arch = problem.machines[0].arch or "x86_64"
    torch, _, cuda, *_ = item.candidate
    return (
        image_for(torch, str(cuda), arch, problem.constraints.purpose, problem.matrix) is not None
    )


def _runs_there(driver: DriverRelease | None, plan: Plan, problem: Problem) -> bool:
    """Whether a build runs under every driver that *plan* does; a known driver was looked at already."""
    if not problem.driver_is_open or driver is None or plan.min_driver is None:
        return True
    return driver <= DriverRelease.parse(plan.min_driver)


def _why(plan: Plan, imaged: Plan, problem: Problem) -> str:
    none = f"no image of {plan.label} is on record"
    if imaged.origin == "ngc":
        return f"{none}, nor of another build for these GPUs; this is NVIDIA's own"
    spec = problem.constraints.torch
    if spec and not spec.allows(imaged.torch):
        return f"{none}, nor of another build inside {spec.text}"
    if release_key(imaged.torch) == release_key(plan.torch):
        return f"{none}; this has the same torch for CUDA {imaged.cuda}"
    return f"{none}; this is the nearest that has one"
