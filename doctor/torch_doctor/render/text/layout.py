"""The terminal report as lines: three layers, the findings of each with the primary cause on top, the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.finding import Severity
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.text import one_line, plural
from torch_doctor.render.about import judged
from torch_doctor.render.layers import summaries
from torch_doctor.render.text.blocks import finding_block, note_lines, step_lines
from torch_doctor.render.text.details import detail_lines
from torch_doctor.render.text.line import Line, Segment, labelled, text
from torch_doctor.render.view import (
    FindingGroup,
    Unchecked,
    groups,
    last_words,
    unchecked,
    why_undecided,
)

_VERDICT_STYLE = {
    Verdict.HEALTHY: "ok",
    Verdict.DEGRADED: "warning",
    Verdict.BROKEN: "error",
    Verdict.UNDECIDED: "unknown",
    Verdict.CPU_ONLY: "ok",
}
_MARKS = {
    "ok": "✓",
    "error": "✗",
    "warning": "!",
    "note": "i",
    "unknown": "?",
    "absent": "-",
    "plain": " ",
}
_TERSE = 3


def lines(
    report: Report, *, verbose: bool = False, quiet: bool = False, width: int = 80
) -> Iterator[Line]:
    """Return the report as lines: terse by default, everything with *verbose*, the answer alone with *quiet*.

    Tables are made for *width* columns.
    """
    if quiet:
        yield from _quiet(report)
        return
    yield from _head(report)
    grouped = groups(report)
    for group in grouped:
        if group.finding.severity > Severity.NOTE or verbose:
            yield Line()
            yield from finding_block(group, report, verbose=verbose)
    yield from _asides(report, grouped, verbose=verbose)
    if report.measured:
        from torch_doctor.render.text.measured import measured_lines

        yield from measured_lines(report, width, verbose=verbose)
    if verbose:
        yield from detail_lines(report)
    yield Line()
    yield _verdict(report)


def mark(state: str) -> Segment:
    """Return the mark of a state, in its style."""
    return Segment(_MARKS[state], state)


def _quiet(report: Report) -> Iterator[Line]:
    primary = report.primary
    if primary is not None:
        yield text(
            Segment(f"{primary.code} ", str(primary.severity)), one_line(primary.message), hang=2
        )
    yield _verdict(report)


def _head(report: Report) -> Iterator[Line]:
    subject = judged(report.about)
    about = f", on {subject}" if subject else ""
    matrix = f", matrix of {report.matrix_version}" if report.matrix_version else ""
    yield text(Segment(f"torch-doctor {__version__}{matrix}{about}", "dim"))
    for layer in summaries(report):
        lead = (mark(layer.state), Segment(f" {layer.title}", "bold"))
        yield labelled(lead, layer.text, hang=12)


def _asides(report: Report, grouped: tuple[FindingGroup, ...], *, verbose: bool) -> Iterator[Line]:
    """What stands beside the findings: notes, what could not be checked, why there is no verdict."""
    notes = [] if verbose else [g for g in grouped if g.finding.severity is Severity.NOTE]
    gaps = unchecked(report)
    if report.verdict is Verdict.UNDECIDED:
        yield Line()
        yield labelled(
            (mark("unknown"),), Segment("No verdict, because it is not known:", "bold"), hang=2
        )
        reasons = why_undecided(report)
        shown = reasons if verbose else reasons[:_TERSE]
        for reason in shown:
            yield labelled((Segment("-"),), reason, indent=2, hang=4)
        if len(reasons) > len(shown):
            words = f"{plural(len(reasons) - len(shown), 'more reason')}; -v shows them"
            yield labelled((Segment("-"),), words, indent=2, hang=4)
        if report.next_step is not None:
            yield from step_lines(report.next_step)
    if notes or gaps:
        yield Line()
    for group in notes[:_TERSE]:
        yield from note_lines(group, report)
    if len(notes) > _TERSE:
        yield _aside("note", f"{plural(len(notes) - _TERSE, 'more note')}; -v shows them")
    yield from _gaps(gaps, verbose=verbose)


def _gaps(gaps: tuple[Unchecked, ...], *, verbose: bool) -> Iterator[Line]:
    shown = gaps if verbose else gaps[:_TERSE]
    for gap in shown:
        codes = f" ({', '.join(gap.codes)} skipped)" if verbose else ""
        yield _aside("unknown", f"could not check {gap.what}: {gap.why}{codes}")
    if len(gaps) > len(shown):
        yield _aside(
            "unknown", f"{len(gaps) - len(shown)} more could not be checked; -v shows them"
        )


def _aside(state: str, words: str) -> Line:
    return labelled((mark(state),), words, hang=2)


def _verdict(report: Report) -> Line:
    verdict, meaning = last_words(report)
    return text(Segment(f"{verdict} ", _VERDICT_STYLE[report.verdict]), meaning, hang=2)
