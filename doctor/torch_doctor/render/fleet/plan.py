"""What a change would do to a fleet, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.render.text.line import Line, Segment, labelled, text

if TYPE_CHECKING:
    from torch_doctor.fleet.planning import FleetPlan, Move

Fold = Callable[[tuple[str, ...]], str]
_WORDS = {
    "breaks": ("breaks", "error"),
    "unsure": ("may break", "unknown"),
    "unlocks": ("unlocks", "ok"),
    "still-broken": ("leaves broken", "warning"),
    "still-undecided": ("leaves undecided", "unknown"),
    "runs": ("leaves running", "ok"),
}
_EXITS = {
    0: "nothing breaks",
    1: "something breaks",
    2: "it is not known whether something breaks, or a line cannot be read",
}
_HANG = 12


def lines(plan: FleetPlan, fold: Fold, *, verbose: bool = False) -> Iterator[Line]:
    """Yield the plan: what breaks first."""
    yield text(Segment(one_line(", ".join(plan.assumed)), "bold"), " on every node:")
    for move in plan.moves:
        yield from _move(move, fold, verbose=verbose)
    for one in plan.unreadable if verbose else plan.unreadable[:5]:
        words = f"{one_line(one.message, 600)}; {one_line(one.cure)}"
        yield labelled((Segment("unread", "error"),), words, indent=2, hang=_HANG)
    counts = [f"{_WORDS[kind][0]} {plan.count(kind)}" for kind in _WORDS if plan.count(kind)]
    words = f"of {plural(plan.nodes, 'node')} it {listing(counts)}"
    style = {0: "ok", 1: "error", 2: "unknown"}[plan.exit_code]
    yield text(Segment(f"{words} (exit code {plan.exit_code}: {_EXITS[plan.exit_code]})", style))


def _move(move: Move, fold: Fold, *, verbose: bool) -> Iterator[Line]:
    words, style = _WORDS[move.kind]
    cause = f": {move.code} {move.name} ({move.cause})" if move.code else ""
    what = f" {plural(len(move.nodes), 'node')}, {move.before} → {move.after}{one_line(cause)}"
    yield text(Segment(words, style), what, hang=2)
    nodes = one_line(fold(move.nodes), 1 << 16 if verbose else 600)
    yield labelled((Segment("nodes", "dim"),), nodes, indent=2, hang=_HANG)
    for hardware in move.hardware if verbose else move.hardware[:2]:
        yield labelled((Segment("now", "dim"),), one_line(hardware), indent=2, hang=_HANG)
    if move.message and move.kind != "still-undecided":
        yield text(one_line(move.message, 2000), indent=2)
