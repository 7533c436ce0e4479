"""What many nodes measured, in words: tables for every form, what to compare, and who could not be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, plural
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.render.deep.words import rate

if TYPE_CHECKING:
    from torch_doctor.fleet.measured.answer import Behind, FleetMeasured, PeerRow

Fold = Callable[[tuple[str, ...]], str]
FEW = 6


class Grid(NamedTuple):
    """A table of plain cells; *rest* says what of it is not shown."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rest: str = ""


def title(measured: FleetMeasured) -> str:
    """Return how many nodes measured."""
    return f"Measured on {plural(measured.nodes, 'node')}"


def tables(measured: FleetMeasured, *, verbose: bool = False) -> Iterator[Grid]:
    """Yield what failed or is slow on a node, then the rates of equals, if there is any of them."""
    if measured.faults:
        shown = measured.faults if verbose else measured.faults[: 5 * FEW]
        rows = tuple(
            (
                place(one.node, one.measure.gpu),
                one.measure.stage,
                rate(one.measure.value, one.measure.unit),
                one.measure.verdict,
                one_line(one.measure.words or "", 200),
            )
            for one in shown
        )
        rest = len(measured.faults) - len(shown)
        heads = ("where", "stage", "rate", "verdict", "seen")
        yield Grid("By itself", heads, rows, f"and {rest} more; -v shows them" if rest else "")
    if measured.rows:
        # Of stages whose place in the node counts there is a row for each place.
        kept = [row for row in measured.rows if verbose or row.behind or row.equals.gpu is None]
        rest = len(measured.rows) - len(kept)
        heads = ("stage", "of", "median", "range", "well below")
        yield Grid(
            "Beside its equals",
            heads,
            tuple(map(_cells, kept)),
            f"{plural(rest, 'other row')} with nobody well below; -v shows them" if rest else "",
        )


def place(node: str, gpu: int | None) -> str:
    """Return a node, or a GPU of it."""
    return node if gpu is None else f"{node} GPU {gpu}"


def details(measured: FleetMeasured, *, verbose: bool = False) -> Iterator[str]:
    """Yield for each rate that is well below what was noted there and where the median was reached."""
    found = [(row, one) for row in measured.rows for one in row.behind]
    shown = found if verbose else found[:FEW]
    for row, one in shown:
        yield f"{place(one.node, one.gpu)}, {row.equals.stage}: {_noted(row, one)}"
    if len(shown) < len(found):
        yield f"and {len(found) - len(shown)} more; -v shows them"


def unknown(measured: FleetMeasured, fold: Fold, *, verbose: bool = False) -> Iterator[str]:
    """Yield who has no rate beside those of equals and why, and which nodes measured nothing."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in measured.rows:
        for one in row.unknown:
            stages = found.setdefault(one.why, {}).setdefault(place(one.node, one.gpu), [])
            stages.append(row.equals.stage)
    for why, places in found.items():
        names = list(dict.fromkeys(stage for stages in places.values() for stage in stages))
        most = len(names) if verbose else FEW
        more = f" and {len(names) - most} more" if len(names) > most else ""
        whom = ", ".join(list(places) if verbose else list(places)[:FEW])
        others = "" if verbose or len(places) <= FEW else f" and {len(places) - FEW} more"
        yield f"{why}: {whom}{others} ({', '.join(names[:most])}{more})"
    for why, nodes in measured.unmeasured:
        yield f"nothing to compare, {why}: {fold(nodes)}"


def _cells(row: PeerRow) -> tuple[str, ...]:
    equals = row.equals
    if equals.gpus is None:
        whom = f"{plural(row.number, 'GPU')} on {plural(row.nodes, 'node')}: {equals.model}"
    elif equals.gpu is None:
        whom = f"{plural(row.nodes, 'node')} of {equals.model}"
    else:
        whom = f"GPU {equals.gpu} of {plural(row.nodes, 'node')} of {equals.gpus}× {equals.model}"
    whom += f", torch {equals.torch}" if equals.torch else ""
    ends = "–".join(rate(value, None) for value in (row.lowest, row.highest))
    behind = ", ".join(
        f"{place(one.node, one.gpu)} {100 * one.share:.0f} %" for one in row.behind[:FEW]
    )
    behind += f" and {len(row.behind) - FEW} more" if len(row.behind) > FEW else ""
    return equals.stage, whom, rate(row.usual, row.unit), ends, behind


def _noted(row: PeerRow, one: Behind) -> str:
    parts = [f"{rate(one.value, row.unit)}, the median is {rate(row.usual, row.unit)}"]
    parts += [f"noted there: {one.words}"] if one.words else ["nothing was noted there"]
    if one.reasons:
        parts.append(f"clocks held down by {', '.join(one.reasons)}")
    parts += [f"noted at the median: {row.typical}"] if row.typical else []
    if row.equals.gpus is None:
        usual = "as on most" if one.ecc == row.ecc else f"{_MODES[row.ecc]} on most"
        parts.append("ECC unknown" if one.ecc is None else f"ECC {_MODES[one.ecc]}, {usual}")
    return "; ".join(parts)


_MODES = {True: "on", False: "off", None: "unknown"}
