"""What to take by the driver that a host turns out to have, where the question names none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.builds.notices import first_listing
from torch_doctor.recommendation.plans.images.imaged import with_imaged
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.plans.planning import plan_of
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted

# Below the third step stand drivers that ended years ago.
_STEPS = 3


class Step(NamedTuple):
    """The best plan for drivers from its own *min_driver* on and older than *below*, where there is a bound.

    *unlisted* says of which GPU no driver as old as that is on record.
    """

    plan: Plan
    below: str | None
    unlisted: tuple[str, ...] = ()


def ladder(order: Sequence[Accepted], plans: Sequence[Plan], problem: Problem) -> tuple[Step, ...]:
    """Return the steps, newest driver first; none where a driver is known or none is asked for.

    *order* are the builds that run, best first, *plans* the plans that are made already.
    """
    if not problem.driver_is_open or not plans or plans[0].min_driver is None:
        return ()
    made = {(plan.torch, plan.variant): plan for plan in plans}
    steps: list[Step] = []
    for item in _best_below(order):
        plan = made.get(item.candidate[:2]) or with_imaged(
            plan_of(item, problem, order), problem, order
        )
        below = steps[-1].plan.min_driver if steps else None
        steps.append(Step(plan, below, tuple(_unlisted(item, problem))))
        if len(steps) == _STEPS:
            break
    return tuple(steps)


def _unlisted(item: Accepted, problem: Problem) -> Iterator[str]:
    gpus = dict.fromkeys(gpu for machine in problem.machines for gpu in machine.gpus or ())
    for gpu in gpus:
        found = first_listing(gpu, item.min_driver) if item.min_driver else None
        if found:
            yield found.text


def _best_below(order: Sequence[Accepted]) -> Iterator[Accepted]:
    """The best of all, then the best that runs under an older branch than it needs, and so on."""
    least: DriverRelease | None = None
    for item in order:
        own = item.min_driver
        if own is not None and (least is None or own.branch < least.branch):
            least = own
            yield item
