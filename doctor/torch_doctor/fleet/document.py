"""The answer for a fleet as plain values: the documented JSON form of fleet judge."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.startup import Any
from torch_doctor.fleet.answer import VERDICTS, Cure, FleetAnswer, Group, Serving
from torch_doctor.fleet.hostlist import folded
from torch_doctor.fleet.measured.document import measured_rows


def document(answer: FleetAnswer) -> dict[str, Any]:
    """Return the answer as JSON values; docs/fleet.md says what they mean."""
    counts = dict.fromkeys(VERDICTS, 0)
    for group in answer.groups:
        counts[group.verdict] += len(group.nodes)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": answer.matrix_version, "digest": answer.matrix_digest},
        "verdict": answer.verdict,
        "nodes": answer.nodes,
        "states": answer.states,
        "verdicts": counts,
        "groups": [_group(group) for group in answer.groups],
        "builds": [_serving(build) for build in answer.builds],
        "unserved": _nodes(answer.unserved),
        "expected": answer.expected,
        "silent": _nodes(answer.silent),
        "unanswered": [
            {"reason": one.reason, "detail": one.detail, "nodes": _nodes(one.nodes)}
            for one in answer.unanswered
        ],
        "unexpected": _nodes(answer.unexpected),
        "repeated": _nodes(answer.repeated),
        "unreadable": {
            "count": answer.unreadable_count,
            "first": [{"message": one.message, "cure": one.cure} for one in answer.unreadable],
        },
        "exit_code": answer.exit_code,
        **({"measured": measured_rows(answer.measured)} if answer.measured else {}),
    }


def _nodes(names: tuple[str, ...]) -> dict[str, Any]:
    return {"count": len(names), "names": folded(names)}


def _group(group: Group) -> dict[str, Any]:
    return {
        "verdict": group.verdict,
        "code": group.code,
        "name": group.name,
        "cause": group.cause,
        "message": group.message,
        "hardware": list(group.hardware),
        "states": group.states,
        "nodes": _nodes(group.nodes),
        "cures": [_cure(cure) for cure in group.cures],
        "without_cure": _nodes(group.rest),
        "next_step": group.next_step and group.next_step.as_values(),
    }


def _cure(cure: Cure) -> dict[str, Any]:
    return {
        "nodes": _nodes(cure.nodes),
        "steps": [fix.as_values() for fix in cure.way.steps],
        "verdict": cure.way.verdict,
    }


def _serving(build: Serving) -> dict[str, Any]:
    return {
        "build": f"{build.torch}+{build.variant}" if build.variant else build.torch,
        "image": build.image,
        "min_driver": build.min_driver,
        "commands": dict(build.commands),
        "nodes": _nodes(build.nodes),
    }
