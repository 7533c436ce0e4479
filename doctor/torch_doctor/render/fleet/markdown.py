"""A fleet as Markdown: a table of the groups, then each with what makes it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import visible
from torch_doctor.render.fleet import measured as measures
from torch_doctor.render.fleet.view import asides, last_line, serving, step, title, unsettled
from torch_doctor.render.formats.markdown import code, escape

if TYPE_CHECKING:
    from torch_doctor.core.finding import Fix
    from torch_doctor.fleet.answer import FleetAnswer, Group
    from torch_doctor.fleet.measured.answer import FleetMeasured

Fold = Callable[[tuple[str, ...]], str]


def render(answer: FleetAnswer, fold: Fold) -> str:
    """Return the answer as Markdown."""
    return "\n".join(_lines(answer, fold)) + "\n"


def _lines(answer: FleetAnswer, fold: Fold) -> Iterator[str]:
    assumed = f" with {escape(answer.candidate)}" if answer.candidate else ""
    yield from (
        f"## torch-doctor fleet{assumed}: {answer.verdict}",
        "",
        escape(last_line(answer)),
        "",
    )
    yield from ("| verdict | cause | nodes | which |", "|---|---|---|---|")
    for group in answer.groups:
        cause = title(group) if group.code else ""
        cells = (
            group.verdict,
            escape(cause),
            str(len(group.nodes)),
            code(fold(group.nodes)).replace("|", "\\|"),
        )
        yield f"| {' | '.join(cells)} |"
    for group in answer.groups:
        if group.code or group.message:
            yield from _group(group, fold)
    if answer.measured is not None:
        yield from _measured(answer.measured, fold)
    yield from ("", "### Builds", "") if answer.builds else ()
    for build in answer.builds:
        image = f", image {code(build.image)}" if build.image else ""
        yield f"- {escape(serving(build, alone=len(answer.builds) == 1))}{image}: {code(fold(build.nodes))}"
    for label, words, names in asides(answer):
        yield from ("", f"{label}: {escape(words)}: {code(fold(names))}")
    for one in answer.unreadable:
        yield from ("", f"unreadable: {escape(one.message)}; {escape(one.cure)}")
    if answer.unreadable_count > len(answer.unreadable):
        yield from ("", f"{answer.unreadable_count} in all cannot be read.")


def _measured(measured: FleetMeasured, fold: Fold) -> Iterator[str]:
    yield from ("", f"### {escape(measures.title(measured))}")
    for one in measures.tables(measured, verbose=True):
        yield from ("", f"| {' | '.join(one.heads)} |", "|---" * len(one.heads) + "|")
        for row in one.rows:
            yield f"| {' | '.join(escape(cell).replace('|', '&#124;') for cell in row)} |"
    if measured.lagging is not None:
        yield from ("", escape(measured.lagging.message), "")
        yield from (f"- {escape(words)}" for words in measures.details(measured, verbose=True))
        yield ""
        for fix in measured.lagging.cures:
            yield from _fix(fix)
    found = list(measures.unknown(measured, fold, verbose=True))
    yield from ("", "Not compared:", "") if found else ()
    yield from (f"- {escape(words)}" for words in found)


def _group(group: Group, fold: Fold) -> Iterator[str]:
    yield from ("", f"### {escape(title(group))}", "", escape(group.message), "")
    yield from (f"- {escape(words)}" for words in group.hardware)
    for cure in group.cures:
        yield from ("", f"Cure for {code(fold(cure.nodes))}:", "")
        for fix in cure.way.steps:
            yield from _fix(fix)
    if group.rest:
        yield from ("", f"Open, {unsettled(group)}: {code(fold(group.rest))}", "")
        if group.next_step is not None:
            yield from _fix(group.next_step)


def _fix(fix: Fix) -> Iterator[str]:
    yield f"1. {escape(step(fix))}"
    for row in fix.shown:
        yield from (f"   {code(line)}" for line in visible(row).splitlines())
