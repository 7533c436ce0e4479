"""What a change would do to a fleet, and what changed in one, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import plural
from torch_doctor.render.formats.markdown import code, escape

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import Unreadable
    from torch_doctor.fleet.drift import FleetDrift
    from torch_doctor.fleet.planning import FleetPlan

Fold = Callable[[tuple[str, ...]], str]


def plan(found: FleetPlan, fold: Fold) -> str:
    """Return what *found* breaks and unlocks, the worst first."""
    assumed = escape(", ".join(found.assumed))
    rows = [f"## torch-doctor fleet plan: {assumed} on {plural(found.nodes, 'node')}", ""]
    rows += ["| change | nodes | from → to | cause | which |", "|---|---|---|---|---|"]
    for move in found.moves:
        cause = f"{move.code} {move.name} ({move.cause})" if move.code else ""
        cells = (move.kind, str(len(move.nodes)), f"{move.before} → {move.after}", escape(cause))
        rows.append(f"| {' | '.join(cells)} | {_names(move.nodes, fold)} |")
    for move in found.moves:
        if move.message and move.kind != "still-undecided":
            rows += ["", f"{_names(move.nodes, fold)}: {escape(move.message)}"]
    rows += _unreadable(found.unreadable)
    return "\n".join([*rows, "", f"Exit code {found.exit_code}."]) + "\n"


def drift(found: FleetDrift, fold: Fold) -> str:
    """Return what changed, then who differs from the nodes of its kind."""
    rows = [f"## torch-doctor fleet drift: {plural(found.nodes, 'node')}", ""]
    rows += ["| drift | what | from → to | nodes | which |", "|---|---|---|---|---|"]
    for label, changes in (("changed", found.changed), ("odd", found.odd)):
        for one in changes:
            moved = f"{escape(one.before)} → {escape(one.now)}"
            cells = (label, escape(one.what), moved, str(len(one.nodes)), _names(one.nodes, fold))
            rows.append(f"| {' | '.join(cells)} |")
    for label, nodes in (("gone", found.gone), ("new", found.new), ("unknown", found.uncompared)):
        if nodes:
            rows.append(f"| {label} | | | {len(nodes)} | {_names(nodes, fold)} |")
    rows += _unreadable(found.unreadable)
    return "\n".join([*rows, "", f"Exit code {found.exit_code}."]) + "\n"


def _names(nodes: tuple[str, ...], fold: Fold) -> str:
    return code(fold(nodes)).replace("|", "\\|")


def _unreadable(faults: tuple[Unreadable, ...]) -> Iterator[str]:
    for one in faults:
        yield from ("", f"unreadable: {escape(one.message)}; {escape(one.cure)}")
