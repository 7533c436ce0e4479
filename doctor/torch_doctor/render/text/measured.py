"""The deep check on a terminal: a table for each GPU, how GPUs are joined, and what changed since a saved report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.records import GpuLink
from torch_doctor.core.report import Compared, Measure, MeasureChange, Report
from torch_doctor.core.text import one_line, plural
from torch_doctor.render.deep.words import (
    MeasuredAt,
    bar,
    links,
    moved,
    places,
    rate,
    share,
    state,
    verdict,
    way,
)
from torch_doctor.render.text.line import Line, Segment, text
from torch_doctor.render.text.table import table

_NARROW, _WIDE = 72, 100
_FINE = ("ok", "skipped")


def measured_lines(report: Report, width: int, *, verbose: bool) -> Iterator[Line]:
    """Return what was measured as lines of at most *width* columns; stages without a rate only where they failed."""
    if not report.measured:
        return
    for place in places(report):
        yield Line()
        yield text(Segment(place.title, "bold"))
        yield from _place(place, width, verbose=verbose)
    found = links(report.facts.value("deep_results", ()))
    if found:
        yield Line()
        yield text(Segment("Between GPUs", "bold"))
        yield from _joined(found, width)
    yield Line()
    took = sum(one.seconds for one in report.measured)
    yield text(f"{plural(len(report.measured), 'stage')} in {took:.0f} s", hang=2)
    if report.compared is not None:
        yield from compared_lines(report.compared, width, verbose=verbose)


def _place(place: MeasuredAt, width: int, *, verbose: bool) -> Iterator[Line]:
    shown = [one for one in place.measures if verbose or one.value is not None or _bad(one)]
    timed = width >= _NARROW
    heads = ["stage", "rate", "reached", "", *(["time"] if timed else []), "verdict"]
    yield from table(heads, [_row(one, width, timed=timed) for one in shown], width)
    for one in shown:
        if one.words and (_bad(one) or verbose):
            yield text(
                Segment(f"{one.stage}: ", state(one)), one_line(one.words, 400), indent=2, hang=4
            )
    rest = [one for one in place.measures if one not in shown]
    skipped = sum(one.verdict == "skipped" for one in rest)
    words = [f"{plural(len(rest) - skipped, 'other stage')} right"] * (skipped < len(rest))
    words += [f"{skipped} skipped (-v says why)"] * (skipped > 0)
    if words:
        yield text(", ".join(words), hang=2)


def _bad(one: Measure) -> bool:
    return one.verdict not in _FINE


def _row(one: Measure, width: int, *, timed: bool) -> list[str]:
    size = 8 if width < _NARROW else 12 if width < _WIDE else 20
    taken = [f"{one.seconds:.1f} s"] if timed else []
    drawn = bar(one.share, size)
    return [one.stage, rate(one.value, one.unit), drawn, share(one), *taken, verdict(one)]


def _joined(found: Sequence[GpuLink], width: int) -> Iterator[Line]:
    """A table of pairs where they fit, as nvidia-smi topo draws it; the ways in words, and the rates."""
    gpus = sorted({gpu for link in found for gpu in (link.a, link.b)})
    ways = {(link.a, link.b): link.way for link in found}
    heads = ["", *(f"GPU {gpu}" for gpu in gpus)]
    rows = [
        [f"GPU {a}", *("X" if a == b else ways.get((min(a, b), max(a, b)), "") for b in gpus)]
        for a in gpus
    ]
    if width >= 7 * len(heads):
        yield from table(heads, rows, width)
    for link in found:
        if link.rate:
            words = f"GPU {link.a} and {link.b}: {rate(link.rate, 'GB/s')}, {way(link)}"
            yield text(words, hang=2)


def compared_lines(compared: Compared, width: int, *, verbose: bool) -> Iterator[Line]:
    """Return what changed since a saved report; with *verbose* also what did not."""
    yield Line()
    yield text(Segment(f"Since {one_line(compared.name, 200)}", "bold"))
    shown = [one for one in compared.changes if verbose or one.verdict != "same"]
    rows = [_change(one) for one in shown]
    yield from table(["stage", "before", "now", "change", "verdict"], rows, width)
    same = len(compared.changes) - len(shown)
    if same:
        yield text(
            f"{plural(same, 'stage')} as before (within 10 %, 25 % through the host)", hang=2
        )


def _change(one: MeasureChange) -> list[str]:
    place = one.stage if one.gpu is None else f"{one.stage} GPU {one.gpu}"
    words = f"{one.verdict}: {one.words}" if one.words else one.verdict
    return [place, rate(one.before, one.unit), rate(one.now, one.unit), moved(one), words]
