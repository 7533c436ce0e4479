"""What would do in place of a companion that was asked for: under another name, another release of it, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key
from torch_doctor.recommendation.question.asked import Constraints, WantedCompanion
from torch_doctor.recommendation.solving.companions.stacks import stack
from torch_doctor.recommendation.solving.companions.twins import ports, twins
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted

_Solved = Callable[[Constraints, "tuple[Machine, ...]"], "Accepted | None"]


class Instead(NamedTuple):
    """One way out in words, the best build that it leads to, and what it gives way in."""

    text: str
    best: Accepted
    gives_way: str = "companion"
    last: bool = False


def in_place(problem: Problem, solved: _Solved) -> Iterator[Instead]:
    """Yield what leads to a plan, as *solved* finds it; to go without comes last, where that brings a newer torch."""

    def here(asked: Constraints) -> Accepted | None:
        return solved(asked, problem.machines)

    ways = [
        *chain.from_iterable(
            _in_place_of(companion, problem, here) for companion in problem.constraints.companions
        ),
        *_under_wsl(problem, solved),
    ]
    yield from sorted(ways, key=lambda way: way.last)


def _under_wsl(problem: Problem, solved: _Solved) -> Iterator[Instead]:
    """What has no build for Windows may run there all the same: in the Linux that comes with it."""
    if any(machine.platform != "windows" for machine in problem.machines):
        return
    linux = tuple(machine._replace(platform="wsl", glibc=None) for machine in problem.machines)
    best = solved(problem.constraints, linux)
    if best is not None:
        yield Instead("WSL 2 on this Windows, under the same driver", best, "platform")


def _in_place_of(
    companion: WantedCompanion, problem: Problem, solved: Callable[[Constraints], Accepted | None]
) -> Iterator[Instead]:
    asked, name = problem.constraints, companion.package
    others = tuple(one for one in asked.companions if one is not companion)

    def with_(one: WantedCompanion) -> Constraints:
        kept = (one if other is companion else other for other in asked.companions)
        return asked._replace(companions=tuple(kept))

    for other in chain(twins(name, problem.matrix), ports(name, problem.matrix)):
        best = solved(with_(companion._replace(package=other)))
        if best is not None:
            yield Instead(f"{other} in place of {name}", best)
    open_ = WantedCompanion(name, None)
    another = solved(with_(open_)) if companion.spec else None
    if another is not None:
        yield Instead(_named(with_(open_), name, another, problem), another)
    without = solved(asked._replace(companions=others))
    if without is not None and (another is None or _is_newer(without, another)):
        yield Instead(f"without {name}", without, last=True)


def _named(asked: Constraints, package: str, best: Accepted, problem: Problem) -> str:
    beside = stack(asked.companions, best.candidate.offer, problem.machines, problem.matrix)
    names = (fit.release.name for fit in beside.fits if fit.release.package == package)
    return next(names, f"another {package}")


def _is_newer(one: Accepted, other: Accepted) -> bool:
    return release_key(one.candidate.torch) > release_key(other.candidate.torch)
