"""A fleet, a plan and drift as textfiles for node_exporter: how many nodes there are of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.render.formats.prometheus import labels_of, metric

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import FleetAnswer
    from torch_doctor.fleet.drift import FleetDrift
    from torch_doctor.fleet.planning import FleetPlan

_CHANGES = ("breaks", "unsure", "unlocks", "still-broken", "still-undecided", "runs")
_VERDICTS = ("broken", "undecided", "degraded", "cpu-only", "healthy")


def render(answer: FleetAnswer) -> str:
    """Return metrics in the Prometheus text format. Nodes are counted: a label for each would be a series for each."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: FleetAnswer) -> Iterator[str]:
    by_verdict = dict.fromkeys(_VERDICTS, 0)
    by_cause: dict[tuple[str, str, str, str], int] = {}
    for group in answer.groups:
        by_verdict[group.verdict] += len(group.nodes)
        if group.code:
            key = (group.verdict, group.code, group.name, group.cause or "")
            by_cause[key] = by_cause.get(key, 0) + len(group.nodes)
    build = labels_of(version=__version__, matrix=answer.matrix_version)
    yield from metric("fleet_info", "The program and its matrix.", [(build, 1)])
    rows = [(labels_of(verdict=verdict), count) for verdict, count in by_verdict.items()]
    yield from metric("fleet_nodes", "Nodes that answered, by verdict.", rows)
    causes = [
        (labels_of(verdict=verdict, code=code, name=name, cause=cause), count)
        for (verdict, code, name, cause), count in by_cause.items()
    ]
    yield from metric("fleet_cause_nodes", "Nodes by the one cause of their verdict.", causes)
    builds = [
        (labels_of(build=f"{one.torch}+{one.variant}"), len(one.nodes)) for one in answer.builds
    ]
    yield from metric("fleet_build_nodes", "Nodes that a build serves.", builds)
    for name, text, number in _numbers(answer):
        yield from metric(f"fleet_{name}", text, [("", number)])


def _numbers(answer: FleetAnswer) -> Iterator[tuple[str, str, int]]:
    yield "states", "Nodes that differ in what is judged.", answer.states
    if answer.expected is not None or answer.silent:
        yield "silent_nodes", "Nodes that should have answered.", len(answer.silent)
    if answer.expected is not None:
        unexpected = len(answer.unexpected)
        yield "expected_nodes", "Nodes that should answer.", answer.expected
        yield "unexpected_nodes", "Nodes that answered and were not expected.", unexpected
    if answer.measured is not None:
        behind = {(x.node, x.gpu) for row in answer.measured.rows for x in row.behind}
        yield "measured_nodes", "Nodes on which the deep check measured.", answer.measured.nodes
        yield "behind", "GPUs, and nodes as a whole, well below their equals.", len(behind)
    yield "unreadable", "Lines and files that tell of no host.", answer.unreadable_count
    yield "exit_code", "0 none broken, 1 broken or silent, 2 no verdict.", answer.exit_code


def plan(found: FleetPlan) -> str:
    """Return how many nodes an assumption moves, and by which cause. Nodes are counted: names would be series."""
    return "\n".join(_plan(found)) + "\n"


def drift(found: FleetDrift) -> str:
    """Return how many nodes changed, differ, went and came."""
    return "\n".join(_drift(found)) + "\n"


def _plan(found: FleetPlan) -> Iterator[str]:
    assumed = ", ".join(found.assumed)
    build = labels_of(version=__version__, matrix=found.matrix_version, assumed=assumed)
    yield from metric(
        "fleet_plan_info", "The program, its matrix and what is assumed.", [(build, 1)]
    )
    kinds = [(labels_of(change=kind), found.count(kind)) for kind in _CHANGES]
    yield from metric("fleet_plan_nodes", "Nodes by what the change does to them.", kinds)
    causes: dict[str, int] = {}
    for move in found.moves:
        if move.code:
            labels = labels_of(
                change=move.kind, code=move.code, name=move.name, cause=move.cause or ""
            )
            causes[labels] = causes.get(labels, 0) + len(move.nodes)
    words = "Nodes by the cause that they have with the change."
    yield from metric("fleet_plan_cause_nodes", words, list(causes.items()))
    unread = len(found.unreadable)
    yield from metric("fleet_plan_unreadable", "Lines that tell of no host.", [("", unread)])
    words = "0 nothing breaks, 1 something does, 2 that is not known."
    yield from metric("fleet_plan_exit_code", words, [("", found.exit_code)])


def _drift(found: FleetDrift) -> Iterator[str]:
    build = labels_of(version=__version__)
    yield from metric("fleet_drift_info", "The program.", [(build, 1)])
    rows: dict[str, int] = {}
    for kind, changes in (("changed", found.changed), ("odd", found.odd)):
        for one in changes:
            labels = labels_of(drift=kind, what=one.what, before=one.before, now=one.now)
            rows[labels] = rows.get(labels, 0) + len(one.nodes)
    words = "Nodes on which one thing changed, or that differ from most with the same GPUs."
    yield from metric("fleet_drift_nodes", words, list(rows.items()))
    numbers = (
        ("compared", "Nodes of the later look.", found.nodes),
        ("gone", "Nodes of the earlier look alone.", len(found.gone)),
        ("new", "Nodes of the later look alone.", len(found.new)),
        ("uncompared", "Nodes of which something is not known.", len(found.uncompared)),
        ("unreadable", "Lines that tell of no host.", len(found.unreadable)),
        (
            "exit_code",
            "0 nothing drifted, 1 something did, 2 not all could be compared.",
            found.exit_code,
        ),
    )
    for name, text, number in numbers:
        yield from metric(f"fleet_drift_{name}", text, [("", number)])
