"""What changed in a fleet between two looks at it, and which nodes differ from those that have the same GPUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fleet.answer import State, Unreadable
from torch_doctor.fleet.census import Census
from torch_doctor.fleet.hostlist import folded


class Changed(NamedTuple):
    """Nodes on which one thing went from a value to another, or that have another value than most of their kind."""

    what: str
    before: str
    now: str
    nodes: tuple[str, ...]


class FleetDrift(NamedTuple):
    """*changed* is between the looks; *odd* are nodes that now differ from most with the same GPUs (*before*: theirs).

    *uncompared* are nodes of which something is not known, in one look or both.
    """

    nodes: int
    changed: tuple[Changed, ...]
    odd: tuple[Changed, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    uncompared: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def exit_code(self) -> int:
        """1 where something changed or differs, 2 where not all could be compared, else 0."""
        if self.changed or self.odd or self.gone or self.new:
            return 1
        return 2 if self.uncompared or self.unreadable or not self.nodes else 0


def fleet_drift(old: Census, new: Census, unreadable: tuple[Unreadable, ...]) -> FleetDrift:
    """Compare two looks at a fleet."""
    changed: dict[tuple[str, str, str], list[str]] = {}
    uncompared = set()
    for node, number in new.nodes.items():
        now = dict(_traits(new.states[number]))
        if None in now.values():
            uncompared.add(node)
        if node not in old.nodes:
            continue
        for what, before in _traits(old.states[old.nodes[node]]):
            after = now[what]
            if before is None or after is None:
                uncompared.add(node)
            elif before != after:
                changed.setdefault((what, before, after), []).append(node)
    return FleetDrift(
        nodes=len(new.nodes),
        changed=_sorted(changed),
        odd=_sorted(_odd(new)),
        gone=tuple(sorted(old.nodes.keys() - new.nodes.keys())),
        new=tuple(sorted(new.nodes.keys() - old.nodes.keys())),
        uncompared=tuple(sorted(uncompared)),
        unreadable=unreadable,
    )


def document(drift: FleetDrift) -> dict[str, Any]:
    """Return the drift as JSON values; docs/fleet.md says what they mean."""

    def names(nodes: tuple[str, ...]) -> dict[str, Any]:
        return {"count": len(nodes), "names": folded(nodes)}

    def rows(found: tuple[Changed, ...]) -> list[dict[str, Any]]:
        return [{**one._asdict(), "nodes": names(one.nodes)} for one in found]

    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "nodes": drift.nodes,
        "changed": rows(drift.changed),
        "odd": rows(drift.odd),
        "gone": names(drift.gone),
        "new": names(drift.new),
        "uncompared": names(drift.uncompared),
        "unreadable": [one._asdict() for one in drift.unreadable],
        "exit_code": drift.exit_code,
    }


def _odd(census: Census) -> dict[tuple[str, str, str], list[str]]:
    """Return the nodes that differ from what more than half of the nodes with their GPUs have."""
    kinds: dict[str, list[str]] = {}
    for node, number in census.nodes.items():
        gpus = dict(_traits(census.states[number]))["GPUs"]
        if gpus is not None:
            kinds.setdefault(gpus, []).append(node)
    odd: dict[tuple[str, str, str], list[str]] = {}
    for nodes in kinds.values():
        values: dict[str, list[tuple[str, str]]] = {}
        for node in nodes:
            for what, value in census.states[census.nodes[node]].traits:
                if value is not None:
                    values.setdefault(what, []).append((value, node))
        for what, found in values.items():
            (usual, count), *_ = Counter(value for value, _ in found).most_common(1)
            for value, node in found if 2 * count > len(found) else ():
                if value != usual:
                    odd.setdefault((what, usual, value), []).append(node)
    return odd


def _traits(state: State) -> Iterator[tuple[str, str | None]]:
    yield "verdict", state.verdict if state.code is None else f"{state.verdict} {state.code}"
    yield from state.traits


def _sorted(found: dict[tuple[str, str, str], list[str]]) -> tuple[Changed, ...]:
    made = [Changed(*key, tuple(sorted(nodes))) for key, nodes in found.items()]
    return tuple(sorted(made, key=lambda one: (-len(one.nodes), one[:3])))
