"""The one build that serves a whole fleet, or else as few as serve all of it: recommend, asked for all machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.version import DriverRelease
from torch_doctor.fleet.answer import Serving, State
from torch_doctor.fleet.whole import Judge
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.ask import ask
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.question.asked import Asked, Constraints, QuestionError
from torch_doctor.recommendation.question.hosts import AskedFrom, ServedHost, machine
from torch_doctor.recommendation.solving.solve import solve

_SHOWN = ("pip", "uv", "docker")
_Build = tuple[str, str]


def builds_for(
    served: Sequence[ServedHost],
    states: Sequence[State],
    by_state: Mapping[int, tuple[str, ...]],
    judge: Judge,
    matrix: Matrix,
) -> tuple[tuple[Serving, ...], tuple[str, ...]]:
    """Return the builds and whom they serve, and the nodes that no published build serves, or of which nobody knows."""
    nodes: dict[int, list[str]] = {}
    unserved: list[str] = []
    for number, names in by_state.items():
        place = states[number].machine
        (unserved if place is None else nodes.setdefault(place, [])).extend(names)
    left = sorted(nodes)
    found: list[Serving] = []
    for numbers in _parts(left, nodes, served, matrix):
        plan = _plan([served[number] for number in numbers], judge, matrix)
        names = tuple(sorted(name for number in numbers for name in nodes[number]))
        if plan is None:
            unserved.extend(names)
        else:
            found.append(_serving(plan, [served[number] for number in numbers], names))
    cpu = {
        n
        for number, names in by_state.items()
        if states[number].verdict == "cpu-only"
        for n in names
    }
    return tuple(found), tuple(sorted(set(unserved) - cpu))


def _parts(
    left: list[int],
    nodes: Mapping[int, Sequence[str]],
    served: Sequence[ServedHost],
    matrix: Matrix,
) -> list[list[int]]:
    """Part the machines so that each part has a build in common: the build that serves most nodes comes first."""
    runs: dict[_Build, list[int]] = {}
    for number in left:
        for build in _runnable(served[number], matrix):
            runs.setdefault(build, []).append(number)
    parts: list[list[int]] = []
    remaining = set(left)
    while remaining:
        best = max(
            (sorted(remaining & set(numbers)) for numbers in runs.values()),
            key=lambda numbers: sum(len(nodes[number]) for number in numbers),
            default=[],
        )
        if not best:
            return [*parts, *([number] for number in sorted(remaining))]
        parts.append(best)
        remaining -= set(best)
    return parts


def _runnable(host: ServedHost, matrix: Matrix) -> list[_Build]:
    solution = solve((machine(host, matrix),), Constraints(), matrix)
    return [(item.candidate.torch, item.candidate.variant) for item in solution.accepted]


def _plan(hosts: Sequence[ServedHost], judge: Judge, matrix: Matrix) -> Plan | None:
    def nowhere() -> Facts:
        raise AssertionError  # hosts are given

    try:
        answer = ask(
            Asked(limit=1, prefer="smallest-change"),
            hosts,
            matrix,
            judge,
            AskedFrom(nowhere, "linux-x86_64"),
        )
    except QuestionError:
        return None
    return answer.plans[0] if answer.plans else None


def _serving(plan: Plan, hosts: Sequence[ServedHost], nodes: tuple[str, ...]) -> Serving:
    there = [release for host in hosts if (release := host.facts.value("driver_release"))]
    least = DriverRelease.parse(plan.min_driver) if plan.min_driver else None
    return Serving(
        label=plan.label,
        torch=plan.torch,
        variant=plan.variant,
        image=plan.image,
        min_driver=None if least is None or any(one < least for one in there) else plan.min_driver,
        commands=tuple((name, plan.commands[name]) for name in _SHOWN if name in plan.commands),
        nodes=nodes,
    )
