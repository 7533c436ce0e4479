"""Group the nodes of a fleet by cause, and find as few changes as make each group whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fleet.answer import VERDICTS, Cure, Group, State, Way

# So many ways together are tried, of so many: that takes some milliseconds. Beyond, the best is taken, and the next.
_MOST_TOGETHER, _MOST_OPTIONS = 3, 30

Members = Mapping[int, tuple[str, ...]]


def members(nodes: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    """Return the nodes of each state, in the order of their names."""
    found: dict[int, list[str]] = {}
    for name, number in nodes.items():
        found.setdefault(number, []).append(name)
    return {number: tuple(sorted(names)) for number, names in found.items()}


def groups(states: Sequence[State], by_state: Members) -> tuple[Group, ...]:
    """Return the groups: the worst verdict first, then the largest."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for number in by_state:
        state = states[number]
        # What a host that runs warns of makes no group of its own: it runs.
        code = state.code if state.verdict in ("broken", "undecided", "degraded") else None
        found.setdefault((state.verdict, code), []).append(number)
    made = [_group(numbers, states, by_state, code) for (_, code), numbers in found.items()]
    return tuple(
        sorted(made, key=lambda one: (VERDICTS.index(one.verdict), -len(one.nodes), one.code or ""))
    )


def _group(
    numbers: list[int], states: Sequence[State], by_state: Members, code: str | None
) -> Group:
    ordered = sorted(numbers, key=lambda number: -len(by_state[number]))
    largest = states[ordered[0]]
    cures, rest = smallest_cover({number: states[number].ways for number in ordered}, by_state)
    uncured = [number for number in ordered if set(by_state[number]) <= set(rest)]
    step = states[uncured[0]].next_step if uncured else None
    return Group(
        verdict=largest.verdict,
        code=code,
        name=largest.name if code else "",
        cause=largest.cause if code else None,
        message=largest.message if code or largest.verdict == "undecided" else "",
        hardware=tuple(dict.fromkeys(states[number].hardware for number in ordered)),
        nodes=_names(ordered, by_state),
        states=len(ordered),
        cures=cures,
        rest=rest if largest.verdict in ("broken", "undecided") else (),
        next_step=step,
    )


def smallest_cover(
    ways: Mapping[int, tuple[Way, ...]], by_state: Members
) -> tuple[tuple[Cure, ...], tuple[str, ...]]:
    """Choose as few ways as cover the states, and return what each covers, and the nodes that none does.

    Of as few, those that change least; a state that several cover gets the one that covers the most nodes.
    """
    options: dict[object, _Option] = {}
    for number, found in ways.items():
        for way in found:
            options.setdefault(way.key, _Option(way, {})).sizes.setdefault(number, way.size)
    weights = {number: len(names) for number, names in by_state.items()}
    left = {number for number, found in ways.items() if found}
    chosen: list[Cure] = []
    for option in _fewest(list(options.values()), left, weights):
        covered = sorted(left & option.sizes.keys())
        chosen.append(Cure(option.way, _names(covered, by_state)))
        left -= set(covered)
    return tuple(chosen), _names([number for number, found in ways.items() if not found], by_state)


class _Option(NamedTuple):
    """A way, and for each state that it covers how much it changes there."""

    way: Way
    sizes: dict[int, int]

    def rank(self, left: set[int], weights: Mapping[int, int]) -> tuple[int, int, int]:
        """Tell by what is *left* how good it is: the nodes that it covers, what it changes, its steps."""
        covered = left & self.sizes.keys()
        changed = sum(self.sizes[number] * weights[number] for number in covered)
        return sum(weights[number] for number in covered), -changed, -len(self.way.steps)


def _fewest(
    options: Sequence[_Option], wanted: set[int], weights: Mapping[int, int]
) -> list[_Option]:
    """Take the option that covers the most nodes, and so on; try whether fewer do, where they can be tried."""
    left, greedy = set(wanted), list[_Option]()
    while left:
        best = max(options, key=lambda option: option.rank(left, weights))
        greedy.append(best)
        left -= best.sizes.keys()
    for count in range(2, min(len(greedy), 1 + _MOST_TOGETHER)):
        for some in combinations(options if len(options) <= _MOST_OPTIONS else (), count):
            if wanted <= set[int]().union(*(option.sizes for option in some)):
                return sorted(some, key=lambda one: one.rank(wanted, weights), reverse=True)
    return greedy


def _names(numbers: Sequence[int], by_state: Members) -> tuple[str, ...]:
    return tuple(sorted(name for number in numbers for name in by_state[number]))
