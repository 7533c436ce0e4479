"""From what was counted to the answer: groups, builds, and the nodes that were expected and said nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torch_doctor.core.finding import Severity
from torch_doctor.fleet.answer import FleetAnswer, Unanswered, Unreadable
from torch_doctor.fleet.census import Census
from torch_doctor.fleet.grouping import groups, members
from torch_doctor.fleet.measured.answer import FleetMeasured
from torch_doctor.fleet.measured.peers import fleet_measured
from torch_doctor.fleet.serving import builds_for

# As many faults of the input are told in full; the rest is counted.
MOST_LISTED = 50


def fleet_answer(
    census: Census,
    unreadable: Sequence[Unreadable] = (),
    unreadable_count: int | None = None,
    expected: Collection[str] | None = None,
) -> FleetAnswer:
    """Return the answer for all nodes of *census*; *expected* are the nodes that should have answered."""
    by_state = members(census.nodes)
    census.share_ways()
    builds, unserved = builds_for(
        census.served, census.states, by_state, census.judge, census.matrix
    )
    listed = None if expected is None else set(expected)
    asked = census.unanswered.keys()
    silent = sorted(asked | (set() if listed is None else listed - census.nodes.keys()))
    unexpected = () if listed is None else sorted(census.nodes.keys() - listed)
    measured = _measured(census)
    return FleetAnswer(
        nodes=len(census.nodes),
        states=len(by_state),
        groups=groups(census.states, by_state),
        builds=builds,
        unserved=unserved,
        unreadable=tuple(unreadable[:MOST_LISTED]),
        unreadable_count=len(unreadable) if unreadable_count is None else unreadable_count,
        repeated=tuple(sorted(census.repeated)),
        silent=tuple(silent),
        unexpected=tuple(unexpected),
        expected=None if listed is None else len(listed),
        matrix_version=census.matrix.version,
        matrix_digest=census.matrix.digest,
        exit_codes=frozenset(
            [census.states[number].exit_code for number in by_state]
            + [1] * _fails(measured, census.options.fail_on)
        ),
        unanswered=_unanswered(census),
        measured=measured,
    )


def _measured(census: Census) -> FleetMeasured | None:
    """Lay beside each other what the nodes measured, in the order of their names."""
    return fleet_measured(
        {node: census.states[census.nodes[node]].look for node in sorted(census.nodes)}
    )


def _fails(measured: FleetMeasured | None, fail_on: Severity | None) -> bool:
    """Whether who lies below its equals counts: it runs, and is a warning, as within one host."""
    lags = measured is not None and measured.lagging is not None
    return lags and fail_on is not None and fail_on <= Severity.WARNING


def _unanswered(census: Census) -> tuple[Unanswered, ...]:
    """Group the nodes that were asked and gave no facts by what is known of it, the most first."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, silence in census.unanswered.items():
        found.setdefault((silence.reason, silence.detail), []).append(name)
    made = [Unanswered(*key, tuple(sorted(names))) for key, names in found.items()]
    return tuple(sorted(made, key=lambda one: (-len(one.nodes), one.reason, one.nodes)))
