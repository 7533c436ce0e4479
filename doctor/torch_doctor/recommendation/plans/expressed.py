"""The newest plan that a target can express: not every build has an image or stands on a channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.recommendation.emit import commands, emit
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.plans.planning import draft_of
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted


def expressed(
    target: str, plans: Sequence[Plan], order: Sequence[Accepted], problem: Problem
) -> Plan | None:
    """Return the best plan that *target* can express, of *plans*, of those beside them, or of all builds that run."""
    for plan in _candidates(plans, order, problem):
        if emit(plan, target) is not None:
            return plan if plan.commands else plan._replace(commands=commands(plan))
    return None


def _candidates(
    plans: Sequence[Plan], order: Sequence[Accepted], problem: Problem
) -> Iterator[Plan]:
    yield from plans[:1]
    yield from (plan.imaged for plan in plans[:1] if plan.imaged)
    for item in order[1:]:
        yield draft_of(item, problem, order)
