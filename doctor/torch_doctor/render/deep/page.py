"""The deep check on an HTML page: bars, a table for each GPU, the picture of the links, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from torch_doctor.core.report import Compared, Measure, Report
from torch_doctor.core.text import one_line, plural
from torch_doctor.render.deep.picture import legend, picture
from torch_doctor.render.deep.words import (
    MeasuredAt,
    links,
    moved,
    places,
    rate,
    share,
    state,
    state_of_change,
    verdict,
)


def section(report: Report) -> Iterator[str]:
    """Yield the section on what was measured."""
    if not report.measured:
        return
    yield '<section class="deep">\n<h2>Measured</h2>'
    for position, place in enumerate(places(report)):
        if position == 0 or place.gpu is None:
            yield f"<h3>{_text(place.title)}</h3>"
            yield from _table(place)
        else:
            yield from _folded(place)
    found = links(report.facts.value("deep_results", ()))
    if found:
        yield f"<h3>Between GPUs</h3>\n<figure>{picture(found)}"
        figures = " Figures are GB/s of a copy." if any(one.rate for one in found) else ""
        yield f"<figcaption>{_text(legend(found))}{figures}</figcaption></figure>"
    if report.compared is not None:
        yield from _compared(report.compared)
    yield "</section>"


def _folded(place: MeasuredAt) -> Iterator[str]:
    """A GPU after the first: folded where every stage is well, and its line says so."""
    odd = [one for one in place.measures if state(one) not in ("ok", "absent")]
    stages = ", ".join(f"{one.stage} {verdict(one)}" for one in odd) or "nothing stands out"
    yield (
        f"<details{' open' if odd else ''}><summary><b>{_text(place.title)}</b> "
        f"{plural(len(place.measures), 'stage')}: {_text(stages)}</summary>"
    )
    yield from _table(place)
    yield "</details>"


def _table(place: MeasuredAt) -> Iterator[str]:
    yield f"<table>{_head('stage', 'rate', 'reached', 'time', 'verdict')}"
    yield from map(_row, place.measures)
    yield "</table>"


def _row(one: Measure) -> str:
    part = "" if one.share is None else _bar(one)
    words = f"<small>{_text(one.words)}</small>" if one.words else ""
    cell = f'<b class="{state(one)}">{_text(verdict(one))}</b> {words}'
    cells = (_text(one.stage), _text(rate(one.value, one.unit)), part, f"{one.seconds:.1f} s", cell)
    return _cells(*cells)


def _bar(one: Measure) -> str:
    full = 100 * min(1.0, max(0.0, one.share or 0.0))
    least = f'<i style="left:{100 * one.least:.0f}%"></i>' if one.least else ""
    of = f"of the {one.of}" if one.of in ("data sheet", "link") else "of all"
    return (
        f'<div class="bar {state(one)}"><div style="width:{full:.0f}%"></div>{least}</div>'
        f"<small>{share(one)} {of}</small>"
    )


def _compared(compared: Compared) -> Iterator[str]:
    yield f"<h3>Since {_text(compared.name)}</h3>\n<table>"
    yield _head("stage", "before", "now", "change", "verdict")
    for one in compared.changes:
        stage = one.stage if one.gpu is None else f"{one.stage} GPU {one.gpu}"
        cell = f'<b class="{state_of_change(one)}">{_text(one.verdict)}</b> {_text(one.words)}'
        values = (rate(one.before, one.unit), rate(one.now, one.unit), moved(one))
        yield _cells(_text(stage), *map(_text, values), cell)
    yield "</table>"


def _head(*names: str) -> str:
    return f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"


def _cells(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    return escape(one_line(text, 1000))
