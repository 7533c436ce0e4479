"""What changed in a fleet, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, plural
from torch_doctor.render.text.line import Line, Segment, labelled, text

if TYPE_CHECKING:
    from torch_doctor.fleet.drift import FleetDrift

Fold = Callable[[tuple[str, ...]], str]
_EXITS = {0: "nothing drifted", 1: "something drifted", 2: "not all could be compared"}
_HANG = 12


def lines(drift: FleetDrift, fold: Fold, *, verbose: bool = False) -> Iterator[Line]:
    """Yield what changed, then who differs from the nodes of its kind."""
    most = 1 << 16 if verbose else 400
    for one in drift.changed:
        words = f"{one.what} {one.before} → {one.now}, {plural(len(one.nodes), 'node')}: "
        words += fold(one.nodes)
        yield labelled((Segment("changed", "warning"),), one_line(words, most), hang=_HANG)
    for one in drift.odd:
        words = f"{one.what} {one.now}, most with the same GPUs have {one.before}: "
        words += fold(one.nodes)
        yield labelled((Segment("odd", "warning"),), one_line(words, most), hang=_HANG)
    for label, nodes in (
        ("gone", drift.gone),
        ("new", drift.new),
        ("unknown", drift.uncompared),
    ):
        if nodes:
            yield labelled((Segment(label, "warning"),), one_line(fold(nodes), most), hang=_HANG)
    for fault in drift.unreadable if verbose else drift.unreadable[:5]:
        words = f"{one_line(fault.message, 600)}; {one_line(fault.cure)}"
        yield labelled((Segment("unread", "error"),), words, hang=_HANG)
    code = drift.exit_code
    style = {0: "ok", 1: "warning", 2: "unknown"}[code]
    yield text(Segment(f"{plural(drift.nodes, 'node')} (exit code {code}: {_EXITS[code]})", style))
