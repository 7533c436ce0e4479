"""A fleet as a textfile for node_exporter: how many nodes there are of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.render.formats.prometheus import label

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
    build = _labels(version=__version__, matrix=answer.matrix_version)
    yield from _metric("info", "The program and its matrix.", [(build, 1)])
    rows = [(_labels(verdict=verdict), count) for verdict, count in by_verdict.items()]
    yield from _metric("nodes", "Nodes that answered, by verdict.", rows)
    causes = [
        (_labels(verdict=verdict, code=code, name=name, cause=cause), count)
        for (verdict, code, name, cause), count in by_cause.items()
    ]
    yield from _metric("cause_nodes", "Nodes by the one cause of their verdict.", causes)
    builds = [
        (_labels(build=f"{one.torch}+{one.variant}"), len(one.nodes)) for one in answer.builds
    ]
    yield from _metric("build_nodes", "Nodes that a build serves.", builds)
    yield from _metric("states", "Nodes that differ in what is judged.", [("", answer.states)])
    if answer.expected is not None:
        yield from _metric("expected_nodes", "Nodes that should answer.", [("", answer.expected)])
        yield from _metric(
            "silent_nodes", "Expected nodes that did not answer.", [("", len(answer.silent))]
        )
        yield from _metric(
            "unexpected_nodes",
            "Nodes that answered and were not expected.",
            [("", len(answer.unexpected))],
        )
    yield from _metric(
        "unreadable", "Lines and files that tell of no host.", [("", answer.unreadable_count)]
    )
    yield from _metric(
        "exit_code", "0 none broken, 1 broken or silent, 2 no verdict.", [("", answer.exit_code)]
    )


def _metric(name: str, text: str, rows: list[tuple[str, int]]) -> Iterator[str]:
    if rows:
        yield f"# HELP torch_doctor_fleet_{name} {text}"
        yield f"# TYPE torch_doctor_fleet_{name} gauge"
    yield from (f"torch_doctor_fleet_{name}{labels} {value}" for labels, value in rows)


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{label(value)}"' for name, value in labels.items()) + "}"
