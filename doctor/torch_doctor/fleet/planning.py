"""What a change would do to a fleet before it is made: which nodes it breaks, which it unlocks."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.effects.observed import OF_PROGRAMS, OF_THE_DRIVER
from torch_doctor.fleet.answer import Unreadable
from torch_doctor.fleet.census import Census
from torch_doctor.fleet.grouping import members
from torch_doctor.fleet.hostlist import folded

KINDS = ("breaks", "unsure", "unlocks", "still-broken", "still-undecided", "runs")
_RUNS = ("healthy", "degraded")


class Move(NamedTuple):
    """Nodes whose verdict and cause go from one to another. *message* is what is said of them afterwards."""

    kind: str
    before: str
    after: str
    code: str | None
    name: str
    cause: str | None
    message: str
    hardware: tuple[str, ...]
    nodes: tuple[str, ...]


class FleetPlan(NamedTuple):
    """What an assumption does to each node. *hardware* of a move is that of the nodes before it."""

    assumed: tuple[str, ...]
    nodes: int
    moves: tuple[Move, ...]
    unreadable: tuple[Unreadable, ...]
    matrix_version: str
    matrix_digest: str

    def count(self, kind: str) -> int:
        """Return how many nodes move in a way."""
        return sum(len(move.nodes) for move in self.moves if move.kind == kind)

    @property
    def exit_code(self) -> int:
        """1 where a node breaks, 2 where it is not known whether one does, or one cannot be read, else 0."""
        if self.count("breaks"):
            return 1
        return 2 if self.count("unsure") or self.unreadable or not self.nodes else 0


class Foreseen:
    """Judges the states of *before* once more with a *change*, each after the one that was met before it.

    *became* says which state of *after* each becomes. *unmoved* are those that are expected to run only because nothing
    is counted that was seen of them: without the change they would be, too.
    """

    def __init__(self, before: Census, after: Census, change: Callable[[Facts], Facts]) -> None:
        self.before, self.after = before, after
        self.became: dict[int, int] = {}
        self.unmoved: set[int] = set()
        self._change = change
        self._last: tuple[int, Facts] | None = None

    def meet(self, facts: Facts) -> None:
        """Judge the state that *before* is about to judge."""
        self.settle()
        number = len(self.before.states)
        self.became[number] = self.after.number_of(self._change(facts))
        self._last = number, facts

    def settle(self) -> None:
        """Tell whether the change is what makes the state that was met last run; *before* has judged it by now."""
        number, facts = self._last or (len(self.before.states), None)
        if facts is None or number >= len(self.before.states):
            return
        new = self.after.states[self.became[number]].verdict
        if self.before.states[number].verdict == "broken" and new in _RUNS:
            unseen = self.after.judge(facts.without(*OF_PROGRAMS, *OF_THE_DRIVER))
            if unseen.verdict.value in _RUNS:
                self.unmoved.add(number)


def fleet_plan(
    foreseen: Foreseen, assumed: tuple[str, ...], unreadable: tuple[Unreadable, ...]
) -> FleetPlan:
    """Return what happens to the nodes that were met."""
    foreseen.settle()
    before, after, became = foreseen.before, foreseen.after, foreseen.became
    found: dict[tuple[str, str, str | None], list[int]] = {}
    by_state = members(before.nodes)
    for number in by_state:
        old, new = before.states[number], after.states[became[number]]
        if number in foreseen.unmoved:
            new = old._replace(verdict="undecided")  # nobody knows whether what was seen stays
        code = None if new.verdict in _RUNS else new.code
        found.setdefault((old.verdict, new.verdict, code), []).append(number)
    moves = []
    for (old_verdict, new_verdict, code), numbers in found.items():
        largest = max(numbers, key=lambda number: len(by_state[number]))
        unmoved = largest in foreseen.unmoved
        state = before.states[largest] if unmoved else after.states[became[largest]]
        runs = new_verdict in _RUNS
        moves.append(
            Move(
                kind=_kind(old_verdict, new_verdict),
                before=old_verdict,
                after=new_verdict,
                code=code,
                name="" if runs else state.name,
                cause=None if runs else state.cause,
                message="" if runs else state.message,
                hardware=tuple(dict.fromkeys(before.states[number].hardware for number in numbers)),
                nodes=tuple(sorted(node for number in numbers for node in by_state[number])),
            )
        )
    moves.sort(key=lambda move: (KINDS.index(move.kind), -len(move.nodes), move.code or ""))
    matrix = before.matrix
    return FleetPlan(
        assumed, len(before.nodes), tuple(moves), unreadable, matrix.version, matrix.digest
    )


def document(plan: FleetPlan) -> dict[str, Any]:
    """Return the plan as JSON values; docs/fleet.md says what they mean."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": plan.matrix_version, "digest": plan.matrix_digest},
        "assumed": list(plan.assumed),
        "nodes": plan.nodes,
        "counts": {kind: plan.count(kind) for kind in KINDS},
        "moves": [
            {
                **move._asdict(),
                "hardware": list(move.hardware),
                "nodes": {"count": len(move.nodes), "names": folded(move.nodes)},
            }
            for move in plan.moves
        ],
        "unreadable": [one._asdict() for one in plan.unreadable],
        "exit_code": plan.exit_code,
    }


def _kind(before: str, after: str) -> str:
    if after in (*_RUNS, "cpu-only"):
        return "runs" if before in (*_RUNS, "cpu-only") else "unlocks"
    if before == after:
        return f"still-{after}"
    if after == "broken":
        return "breaks" if before in (*_RUNS, "cpu-only") else "still-broken"
    return "unsure" if before in (*_RUNS, "cpu-only") else "still-undecided"
