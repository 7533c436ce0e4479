"""The law's answer for a build on a GPU, as steps over the driver's number: where it changes, and to what.

Nothing but the driver is left open. Between two drivers at which the law can change its mind its answer is one, so
whoever holds the steps compares numbers and knows it, for every driver there is.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Status
from torch_doctor.core.version import DriverRelease
from torch_doctor.explorer.numbered import (
    DRIVER,
    OWN_BUILD,
    TORCH,
    VARIANT,
    Tables,
    number,
)
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.law.search import PUBLISHED
from torch_doctor.matrix.query import Driver, driver_branch, driver_of
from torch_doctor.matrix.store import Matrix, worked_out_once
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.reasons import doubt_of, reason_of
from torch_doctor.recommendation.solving.solve import Accepted, Candidate, judge_each

YES, NO, UNKNOWN = 0, 1, 2
# How far a Windows release may be numbered above its branch, and one more.
_SPREAD = range(7)
_OLDEST = 300


def law_of(candidate: Candidate, machine: Machine, matrix: Matrix, tables: Tables) -> int:
    """Return the place of the law of a build on a machine without a driver.

    A law is its answer for the oldest driver that serves (state, that driver as text and number or None, reasons) and
    its steps (the first driver's number, state, reasons).
    """
    plain = nameless(candidate)
    free = _undriven(plain, machine, matrix, tables)
    if machine.platform == "jetson":
        return tables.laws.add((free, ()))
    steps: list[tuple[int, int, tuple[int, ...]]] = []
    for driver in _points(machine, plain.builds[0], matrix):
        state, reasons = _answer(plain, machine._replace(driver=driver), tables)
        if not steps or steps[-1][1:] != (state, reasons):
            steps.append((number(driver.release.parts), state, reasons))
    return tables.laws.add((free, tuple(steps)))


def nameless(candidate: Candidate) -> Candidate:
    """Return a build whose words say {torch} and {variant}, as if it were published: many builds have one law."""
    build = candidate.builds[0]._replace(torch=TORCH, variant=VARIANT, because=(OWN_BUILD,))
    row = candidate.rows[0]._replace(status=PUBLISHED)
    return candidate._replace(torch=TORCH, variant=VARIANT, rows=(row,), builds=(build,))


def alike(candidate: Candidate) -> tuple[object, ...]:
    """Return all that the law looks at of a build: those that agree in it have one law."""
    build = nameless(candidate).builds[0]
    return (build._replace(python_tags=None, glibc=None),)


def _undriven(
    candidate: Candidate, machine: Machine, matrix: Matrix, tables: Tables
) -> tuple[int, tuple[str, int] | None, tuple[int, ...]]:
    item = next(judge_each((candidate,), (machine,), Constraints(), matrix))
    if isinstance(item, Accepted):
        reason = tables.reason("", item.because)
        least = item.min_driver
        return YES, (str(least), number(least.parts)) if least else None, (reason,)
    reasons = [tables.reason(one.message, one.because) for one in item.reasons]
    return NO if item.decided else UNKNOWN, None, tuple(dict.fromkeys(reasons))


def _answer(candidate: Candidate, machine: Machine, tables: Tables) -> tuple[int, tuple[int, ...]]:
    """Return the law's state and reasons under one driver, in the words that a query has."""
    build = candidate.builds[0]
    found = judge(machine, build)
    against = [reason_of(one, machine, build) for one in found.objections]
    state = NO if against else YES
    if not against and found.status is not Status.SUPPORTED:
        against, state = [doubt_of(found, build)], UNKNOWN
    reasons = (tables.reason(one.message, one.because) for one in against)
    return state, tuple(dict.fromkeys(reasons))


def _points(machine: Machine, build: Build, matrix: Matrix) -> Iterator[Driver]:
    """Yield the drivers at which the law can change its mind, oldest first, and the oldest of all."""
    points = set(_of_branches(matrix))
    floor = build.floors.on(machine.platform)
    points |= {floor.driver.parts} if floor else set()
    for gpu in machine.gpus or ():
        points |= {gpu.first_driver.release.parts} if gpu.first_driver else set()
        last = gpu.last_branch
        points |= {(last + more,) for more in _SPREAD} if last else set()
    for parts in sorted(points):
        yield driver_of(matrix, DriverRelease(parts, DRIVER))


@worked_out_once
def _of_branches(matrix: Matrix) -> tuple[tuple[int, ...], ...]:
    """The numbers at which a driver's row becomes another one, or none."""
    newest = max(row.branch for row in matrix.drivers)
    numbers = range(_OLDEST, newest + len(_SPREAD))
    rows = [driver_branch(matrix, DriverRelease((one,), "")) for one in numbers]
    turns = [one for one in range(1, len(rows)) if rows[one] is not rows[one - 1]]
    return ((_OLDEST,), *((numbers[one],) for one in turns))
