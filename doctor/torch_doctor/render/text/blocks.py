"""One finding as lines: the cause, its cures, what was seen, the rows behind it, consequences."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Evidence, Finding, Fix, Receipt
from torch_doctor.core.report import Report
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.render.fact_words import seen_words
from torch_doctor.render.text.line import Line, Segment, command, labelled, text
from torch_doctor.render.view import FindingGroup, fix_limits, why_primary

_LABEL = 10
_EVIDENCE = 6
_MARKS = {"error": "✗", "warning": "!", "note": "i"}


def finding_block(group: FindingGroup, report: Report, *, verbose: bool) -> Iterator[Line]:
    """Return a finding in full; the terse form leaves out receipts and consequences, and says so."""
    finding = group.finding
    primary = finding == report.primary
    yield _title(group, primary=primary)
    yield text(Segment(one_line(finding.message, 2000), "bold" if primary else ""), indent=2)
    yield from _alike(group, verbose=verbose)
    yield from _fixes(finding.fixes if primary or verbose else finding.fixes[:1])
    if primary or verbose:
        yield from _evidence(finding.evidence, verbose=verbose)
    if verbose:
        yield from _labelled("why", [_receipt(row) for row in finding.because])
        if primary:
            yield from _labelled("first", [why_primary(report)])
        if finding.confidence != "high":
            yield from _labelled("certainty", [finding.confidence])
    yield from _consequences(group, verbose=verbose)


def note_lines(group: FindingGroup, report: Report) -> Iterator[Line]:
    """Return a note in one line, and where it is what the verdict comes down to, its cures."""
    finding = group.finding
    more = f" (and for {listing(group.subjects[1:])})" if len(group.subjects) > 1 else ""
    words = f"{finding.code} {finding.subject}: {one_line(finding.message)}{more}"
    yield labelled((Segment("i", "note"),), words, hang=2)
    if finding == report.primary:
        yield from _fixes(finding.fixes)


def step_lines(step: Fix) -> Iterator[Line]:
    """Return what to find out next, and the command that tells."""
    yield from _labelled("next", [one_line(step.text, 1000)], "ok")
    for words in step.commands:
        yield from command(words, 4)


def _title(group: FindingGroup, *, primary: bool) -> Line:
    finding = group.finding
    style = "dim" if finding.demoted else str(finding.severity)
    role = ", the primary cause" if primary else ""
    state = " (ignored)" if finding.demoted else ""
    shown = group.subjects[:4]
    more = f" and {len(group.subjects) - 4} more" if len(group.subjects) > 4 else ""
    return labelled(
        (Segment(_MARKS[str(finding.severity)], style),),
        Segment(f"{finding.code} {finding.name}", style),
        Segment(f" {finding.severity}{role}, in {', '.join(shown)}{more}{state}", "dim"),
        hang=2,
    )


def _alike(group: FindingGroup, *, verbose: bool) -> Iterator[Line]:
    others = [other for other in group.alike if other.message != group.finding.message]
    if others and not verbose:
        subjects = listing([other.subject for other in others[:8]])
        more = f" and {len(others) - 8} more" if len(others) > 8 else ""
        yield text(f"the same holds for {subjects}{more}; -v shows each", indent=2)
    for other in others if verbose else ():
        yield text(f"{other.subject}: {one_line(other.message, 2000)}", indent=2, hang=4)


def _evidence(evidence: tuple[Evidence, ...], *, verbose: bool) -> Iterator[Line]:
    limit = 400 if verbose else 160
    shown = evidence if verbose else evidence[:_EVIDENCE]
    rows = [seen_words(item, limit) for item in shown]
    if len(shown) < len(evidence):
        rows.append(f"{plural(len(evidence) - len(shown), 'more fact')}; -v shows them")
    yield from _labelled("seen", rows)


def _receipt(row: Receipt) -> str:
    doubt = "" if row.confidence == "high" else f", confidence {row.confidence}"
    return f"{row.row}: {row.source} ({row.how}, checked {row.checked}{doubt})"


def _labelled(label: str, rows: list[str], style: str = "dim") -> Iterator[Line]:
    for position, row in enumerate(rows):
        lead = Segment("" if position else label, style)
        words = Segment(row, "dim" if style == "dim" else "")
        yield labelled((lead,), words, indent=2, hang=2 + _LABEL)


def _fixes(fixes: tuple[Fix, ...]) -> Iterator[Line]:
    for position, fix in enumerate(fixes):
        limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
        suffix = f" ({limits})" if limits else ""
        yield from _labelled(
            "or" if position else "cure", [one_line(fix.text, 1000) + suffix], "ok"
        )
        for words in fix.shown:
            yield from command(words, 4)


def _consequences(group: FindingGroup, *, verbose: bool) -> Iterator[Line]:
    found = group.consequences
    if found and not verbose:
        yield text(
            Segment(f"explains {plural(len(found), 'more finding')}; -v shows them", "dim"),
            indent=2,
        )
    if verbose:
        yield from _labelled("explains", [_consequence(finding) for finding in found])


def _consequence(finding: Finding) -> str:
    return f"{finding.code} {finding.name} ({finding.subject}): {one_line(finding.message, 2000)}"
