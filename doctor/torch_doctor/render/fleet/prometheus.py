"""A fleet as a textfile for node_exporter: how many nodes there are of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.render.formats.prometheus import labels_of, metric

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import FleetAnswer

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
    yield "unreadable", "Lines and files that tell of no host.", answer.unreadable_count
    yield "exit_code", "0 none broken, 1 broken or silent, 2 no verdict.", answer.exit_code
