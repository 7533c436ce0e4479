"""A fleet for a terminal: the worst group first, each with its nodes and what makes it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, plural
from torch_doctor.render.fleet import measured as measures
from torch_doctor.render.fleet.view import asides, last_line, serving, step, title, unsettled
from torch_doctor.render.text.line import Line, Segment, command, labelled, text
from torch_doctor.render.text.table import table

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import FleetAnswer, Group
    from torch_doctor.fleet.measured.answer import FleetMeasured

Fold = Callable[[tuple[str, ...]], str]
_LABEL, _FEW = 10, 3
_STYLES = {
    "broken": "error",
    "undecided": "unknown",
    "degraded": "warning",
    "cpu-only": "absent",
    "healthy": "ok",
}


def lines(
    answer: FleetAnswer, fold: Fold, columns: int, *, verbose: bool = False, quiet: bool = False
) -> Iterator[Line]:
    """Yield the answer for so many *columns*; *fold* writes a list of nodes in its short form.

    The last line alone where *quiet*.
    """
    if answer.candidate:
        yield text(Segment(one_line(answer.candidate), "bold"), " on every node:")
    if not quiet:
        for group in answer.groups:
            yield from _group(group, fold, verbose=verbose)
            yield Line()
        if answer.measured is not None:
            yield from _measured(answer.measured, fold, columns, verbose=verbose)
        yield from _builds(answer, fold, verbose=verbose)
        for label, words, names in asides(answer):
            yield _labelled(label, f"{words}: {one_line(fold(names), 2000)}", "warning")
        yield from _unreadable(answer, verbose=verbose)
    yield text(Segment(last_line(answer), _STYLES[answer.verdict]), hang=2)


def _group(group: Group, fold: Fold, *, verbose: bool) -> Iterator[Line]:
    style = _STYLES[group.verdict]
    what = plural(len(group.nodes), "node")
    more = f", {plural(group.states, 'state')}" if group.states > 1 else ""
    verdict = f" {group.verdict}," if group.code else ""
    yield text(
        Segment(one_line(title(group)), style),
        Segment(f"{verdict} {what}{more}".replace("  ", " "), "dim"),
        hang=2,
    )
    yield _labelled("nodes", one_line(fold(group.nodes), 1 << 16 if verbose else 600))
    shown = group.hardware if verbose else group.hardware[:_FEW]
    for position, words in enumerate(shown):
        yield _labelled("" if position else "with", one_line(words))
    if len(shown) < len(group.hardware):
        yield _labelled("", f"and {len(group.hardware) - len(shown)} more kinds; -v shows them")
    if group.message:
        yield text(one_line(group.message, 2000), indent=2)
    for cure in group.cures:
        for position, fix in enumerate(cure.way.steps):
            lead = "then" if position else "cure"
            whom = (
                f" [{plural(len(cure.nodes), 'node')}: {one_line(fold(cure.nodes), 200)}]"
                if not position and len(cure.nodes) < len(group.nodes)
                else ""
            )
            yield _labelled(lead, one_line(step(fix), 1000) + whom, "ok")
            for row in fix.shown:
                yield from command(row, 4)
    if group.rest and group.verdict in ("broken", "undecided"):
        named = one_line(fold(group.rest), 600)
        yield _labelled("open", f"{unsettled(group)}: {named}", "unknown")
        if group.next_step is not None:
            yield _labelled("next", one_line(step(group.next_step), 1000), "ok")
            for row in group.next_step.commands:
                yield from command(row, 4)


def _measured(
    measured: FleetMeasured, fold: Fold, columns: int, *, verbose: bool
) -> Iterator[Line]:
    yield text(Segment(measures.title(measured), "bold"), hang=2)
    for one in measures.tables(measured, verbose=verbose):
        yield from table(one.heads, one.rows, columns)
        if one.rest:
            yield text(one.rest, hang=2)
        yield Line()
    if measured.lagging is not None:
        yield _labelled("slow", one_line(measured.lagging.message, 2000), "warning")
        for words in measures.details(measured, verbose=verbose):
            yield _labelled("", one_line(words, 1200))
        for fix in measured.lagging.cures:
            yield _labelled("look", one_line(step(fix), 1000), "ok")
            for row in fix.commands:
                yield from command(row, 4)
    for words in measures.unknown(measured, fold, verbose=verbose):
        yield _labelled("unknown", one_line(words, 1 << 16 if verbose else 1000), "unknown")
    yield Line()


def _builds(answer: FleetAnswer, fold: Fold, *, verbose: bool) -> Iterator[Line]:
    alone = len(answer.builds) == 1
    if answer.builds:
        head = (
            "one build serves all"
            if alone
            else f"{len(answer.builds)} builds serve all; no single one does"
        )
        head += " that a build is known for" if answer.unserved else ""
        yield text(Segment(head, "bold"), hang=2)
    for build in answer.builds:
        whom = "" if alone else f": {one_line(fold(build.nodes), 600)}"
        yield text(f"{serving(build, alone=alone)}{whom}", indent=2, hang=4)
        if build.image:
            yield _labelled("image", one_line(build.image))
        for name, row in build.commands if verbose else build.commands[:1]:
            yield _labelled(name, "")
            yield from command(row, 4)
    if answer.builds:
        yield Line()


def _unreadable(answer: FleetAnswer, *, verbose: bool) -> Iterator[Line]:
    shown = answer.unreadable if verbose else answer.unreadable[:5]
    for one in shown:
        yield _labelled("unread", f"{one_line(one.message, 600)}; {one_line(one.cure)}", "error")
    if len(shown) < answer.unreadable_count:
        yield _labelled("", f"and {answer.unreadable_count - len(shown)} more")


def _labelled(label: str, words: str, style: str = "dim") -> Line:
    return labelled((Segment(label, style),), words, indent=2, hang=2 + max(_LABEL, len(label) + 1))
