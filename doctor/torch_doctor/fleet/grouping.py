"""Group the nodes of a fleet by cause, and find as few changes as make each group whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch_doctor.fleet.answer import VERDICTS, Cure, Group, State, Way

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

    The way that covers the most nodes is taken first; of those that cover as many, the one that changes least.
    """
    left = {number for number, found in ways.items() if found}
    chosen: list[Cure] = []
    while left:
        options: dict[object, tuple[Way, list[int]]] = {}
        for number in sorted(left):
            for way in ways[number]:
                options.setdefault(way.key, (way, []))[1].append(number)
        way, covered = max(
            options.values(),
            key=lambda option: (
                sum(len(by_state[number]) for number in option[1]),
                -option[0].size,
                -len(option[0].steps),
            ),
        )
        chosen.append(Cure(way, _names(covered, by_state)))
        left -= set(covered)
    return tuple(chosen), _names([number for number, found in ways.items() if not found], by_state)


def _names(numbers: Sequence[int], by_state: Members) -> tuple[str, ...]:
    return tuple(sorted(name for number in numbers for name in by_state[number]))
