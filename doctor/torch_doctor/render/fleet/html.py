"""A fleet as one HTML page without any other file: a map of its nodes, then each group with what makes it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor import __version__
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import plural
from torch_doctor.render.fleet import measured as measures
from torch_doctor.render.fleet.map import MARKS, TONES, squares
from torch_doctor.render.fleet.view import asides, last_line, serving, step, title, unsettled
from torch_doctor.render.page.frame import asset, page
from torch_doctor.render.page.markup import commands, items, row, text

if TYPE_CHECKING:
    from torch_doctor.core.finding import Fix
    from torch_doctor.fleet.answer import FleetAnswer, Group
    from torch_doctor.fleet.measured.answer import FleetMeasured

Fold = Callable[[tuple[str, ...]], str]


def render(answer: FleetAnswer, fold: Fold) -> str:
    """Return a whole page."""
    style = asset("report.css") + asset("fleet.css")
    body = "\n".join(_body(answer, fold))
    inside = f'<style>\n{style}</style>\n<main class="torch-doctor">\n{body}\n</main>\n'
    return page(f"torch-doctor fleet: {answer.verdict}", inside)


def _body(answer: FleetAnswer, fold: Fold) -> Iterator[str]:
    yield f'<header class="{TONES[answer.verdict]}">'
    if answer.candidate:
        yield f"<p>{text(answer.candidate)} on every node</p>"
    yield f"<h1>{answer.verdict}</h1>\n<p>{text(last_line(answer))}</p>\n</header>"
    yield from _map(answer)
    for number, group in enumerate(answer.groups, 1):
        yield from _group(group, number, fold)
    if answer.measured is not None:
        yield from _measured(answer.measured, fold)
    yield from _builds(answer, fold)
    yield from _asides(answer, fold)
    matrix = f"matrix {text(answer.matrix_version)}, {text(answer.matrix_digest[:12])}"
    yield f"<footer>torch-doctor {__version__}, {matrix}</footer>"


def _map(answer: FleetAnswer) -> Iterator[str]:
    found = list(squares(answer))
    yield '<section>\n<h2>Nodes</h2>\n<nav class="map" aria-label="Map of the nodes">'
    for one in found:
        words = text(one.words)
        yield (
            f'<a href="#{one.anchor}" class="{TONES[one.verdict]}" title="{words}" aria-label="{words}">'
            f"{MARKS[one.verdict]}</a>"
        )
    yield '</nav>\n<ul class="legend">'
    for verdict in dict.fromkeys(one.verdict for one in found):
        yield f'<li class="{TONES[verdict]}"><b>{MARKS[verdict]}</b> {verdict}</li>'
    yield "</ul>"
    most = max((one.nodes for one in found), default=1)
    if most > 1:
        yield f"<p><small>One square is up to {most} nodes, and shows the worst of them.</small></p>"
    yield "</section>"


def _group(group: Group, number: int, fold: Fold) -> Iterator[str]:
    yield f'<article id="group-{number}" class="{TONES[group.verdict]}">'
    states = f" in {plural(group.states, 'state')}" if group.states > 1 else ""
    count = f"{group.verdict}, {plural(len(group.nodes), 'node')}{states}"
    yield f"<h2>{text(title(group))} <small>{text(count)}</small></h2>"
    if group.message:
        yield f"<p>{text(group.message)}</p>"
    yield _nodes(group.nodes, fold)
    yield items(map(text, group.hardware))
    for cure in group.cures:
        part = len(cure.nodes) < len(group.nodes)
        yield f"<h3>Cure{' for ' + plural(len(cure.nodes), 'node') if part else ''}</h3>"
        yield _nodes(cure.nodes, fold) if part else ""
        for fix in cure.way.steps:
            yield from _fix(fix)
    if group.rest and group.verdict in ("broken", "undecided"):
        yield f"<h3>Open: {unsettled(group)}</h3>\n{_nodes(group.rest, fold)}"
        if group.next_step is not None:
            yield from _fix(group.next_step)
    yield "</article>"


def _measured(measured: FleetMeasured, fold: Fold) -> Iterator[str]:
    yield f'<section class="deep">\n<h2>{text(measures.title(measured))}</h2>'
    for one in measures.tables(measured, verbose=True):
        heads = "".join(f"<th>{text(head)}</th>" for head in one.heads)
        yield f"<h3>{text(one.title)}</h3>\n<table><tr>{heads}</tr>"
        yield from map(row, one.rows)
        yield "</table>"
    if measured.lagging is not None:
        yield f"<h3>Slower than its equals</h3>\n<p>{text(measured.lagging.message)}</p>"
        yield items(map(text, measures.details(measured, verbose=True)))
        for fix in measured.lagging.cures:
            yield from _fix(fix)
    found = list(measures.unknown(measured, fold, verbose=True))
    if found:
        yield f"<h3>Not compared</h3>\n{items(map(text, found))}"
    yield "</section>"


def _builds(answer: FleetAnswer, fold: Fold) -> Iterator[str]:
    if not answer.builds:
        return
    alone = len(answer.builds) == 1
    yield f"<section>\n<h2>{'One build serves all' if alone else 'Builds'}</h2>"
    for build in answer.builds:
        yield f"<h3>{text(serving(build, alone=alone))}</h3>\n{_nodes(build.nodes, fold)}"
        if build.image:
            yield f"<p>image <code>{text(build.image)}</code></p>"
        yield from (commands([row]) for _, row in build.commands)
    yield "</section>"


def _asides(answer: FleetAnswer, fold: Fold) -> Iterator[str]:
    for place, (label, words, names) in enumerate(asides(answer)):
        anchor = ' id="silent"' if not place and label == "silent" else ""
        yield f'<article{anchor} class="{"error" if label == "silent" else "note"}">'
        yield f"<h2>{text(label)} <small>{plural(len(names), 'node')}</small></h2>"
        yield f"<p>{text(words)}</p>\n{_nodes(names, fold)}\n</article>"
    if answer.unreadable_count:
        rows = [f"{text(one.message)}; {text(one.cure)}" for one in answer.unreadable]
        rest = answer.unreadable_count - len(rows)
        rows += [f"and {rest} more"] if rest else []
        yield f'<article class="error">\n<h2>Unreadable</h2>\n{items(rows)}\n</article>'


def _nodes(names: tuple[str, ...], fold: Fold) -> str:
    words = fold(names)
    shown = f'<p class="nodes">{text(words[:4000])}</p>'
    if len(words) <= 300:
        return shown
    rest = f"<p>and {len(words) - 4000} more letters of names</p>" if len(words) > 4000 else ""
    return f"<details><summary>{plural(len(names), 'node')}</summary>{shown}{rest}</details>"


def _fix(fix: Fix) -> Iterator[str]:
    yield f"<p>{text(step(fix))}</p>"
    if fix.lines:
        yield commands(fix.lines, "lines of a file")
    if fix.commands:
        yield commands(fix.commands)
