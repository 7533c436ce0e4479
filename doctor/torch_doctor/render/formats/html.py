"""The report as one HTML page without any other file: readable on a phone, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from torch_doctor import __version__
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import describe
from torch_doctor.core.finding import Finding, Fix
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.text import one_line, plural, visible
from torch_doctor.render.about import judged
from torch_doctor.render.layers import LayerSummary, summaries
from torch_doctor.render.view import (
    FindingGroup,
    answer,
    exit_meaning,
    fix_limits,
    groups,
    missing_words,
    unchecked,
    why_primary,
    why_undecided,
)

_MARKS = {
    "ok": "✓",
    "error": "✗",
    "warning": "!",
    "note": "i",
    "unknown": "?",
    "absent": "–",
    "plain": "",
}
_TONES = {
    Verdict.HEALTHY: "ok",
    Verdict.DEGRADED: "warning",
    Verdict.BROKEN: "error",
    Verdict.UNDECIDED: "unknown",
    Verdict.CPU_ONLY: "ok",
}


def render(report: Report) -> str:
    """Return a whole page."""
    title = f"torch-doctor: {report.verdict.value}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(title)}</title>\n<style>html{{background:Canvas}}body{{margin:0}}</style>\n"
        f"</head>\n<body>\n{fragment(report)}</body>\n</html>\n"
    )


def fragment(report: Report) -> str:
    """Return the report for a page that already exists, such as a notebook."""
    style = (Path(__file__).parent.parent / "report.css").read_text(encoding="utf-8")
    body = "\n".join(_body(report))
    return f'<style>\n{style}</style>\n<main class="torch-doctor">\n{body}\n</main>\n'


def _body(report: Report) -> Iterator[str]:
    yield from _banner(report)
    yield '<section class="layers">'
    yield from (_layer(layer) for layer in summaries(report))
    yield "</section>"
    if report.verdict is Verdict.UNDECIDED:
        yield "<h2>No verdict, because it is not known</h2>"
        yield _list(why_undecided(report))
        if report.next_step is not None:
            yield from _fix(report.next_step, "Next")
    for group in groups(report):
        yield from _finding(group, report)
    if report.measured:
        from torch_doctor.render.deep.page import section

        yield from section(report)
    gaps = unchecked(report)
    if gaps:
        yield "<h2>Could not be checked</h2>"
        yield _list(f"{gap.what}: {gap.why} ({', '.join(gap.codes)})" for gap in gaps)
    yield from _outcomes(report)
    yield from _facts(report)
    matrix = (
        f", matrix of {report.matrix_version} ({report.matrix_digest[:12]})"
        if report.matrix_version
        else ""
    )
    yield f"<footer>torch-doctor {__version__}{_text(matrix)}</footer>"


def _banner(report: Report) -> Iterator[str]:
    yield f'<header class="{_TONES[report.verdict]}">'
    if subject := judged(report.about):
        yield f"<p>{_text(subject)}</p>"
    yield f"<h1>{report.verdict.value}</h1>"
    yield f"<p>{_text(answer(report))}</p>"
    yield f"<p><small>Exit code {report.exit_code}: {_text(exit_meaning(report))}.</small></p>"
    yield "</header>"


def _layer(layer: LayerSummary) -> str:
    return (
        f'<div class="layer {layer.state}"><b>{_MARKS[layer.state]}</b>'
        f"<h2>{layer.title}</h2><p>{_text(layer.text)}</p></div>"
    )


def _finding(group: FindingGroup, report: Report) -> Iterator[str]:
    finding = group.finding
    primary = finding == report.primary
    role = ", the primary cause" if primary else ""
    ignored = ", ignored" if finding.demoted else ""
    tone = "absent" if finding.demoted else str(finding.severity)
    yield f'<article class="{tone}">'
    yield f"<h2>{_text(f'{finding.code} {finding.name}')} <small>{finding.severity}{role}{ignored}</small></h2>"
    for each in (finding, *group.alike):
        yield f"<p><b>{_text(each.subject)}</b> {_text(each.message)}</p>"
    for position, fix in enumerate(finding.fixes):
        yield from _fix(fix, "Or" if position else "Cure")
    yield from _grounds(finding, why_primary(report) if primary else "")
    if group.consequences:
        yield f"<details><summary>Explains {plural(len(group.consequences), 'more finding')}</summary>"
        yield _list(f"{f.code} {f.name} ({f.subject}): {f.message}" for f in group.consequences)
        yield "</details>"
    yield "</article>"


def _fix(fix: Fix, label: str) -> Iterator[str]:
    limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
    suffix = f" <small>({limits})</small>" if limits else ""
    yield f"<p><b>{label}</b> {_text(fix.text)}{suffix}</p>"
    if fix.commands:
        yield f"<pre>{escape(visible(chr(10).join(fix.commands)))}</pre>"


def _grounds(finding: Finding, first: str) -> Iterator[str]:
    rows = [f"{i.fact} = {i.value} [{i.source}]" for i in finding.evidence]
    if rows:
        yield f"<details open><summary>Seen</summary>{_list(rows)}</details>"
    rows = [f"{r.row}: {r.source} ({r.how}, checked {r.checked})" for r in finding.because]
    if first:
        rows.append(f"It stands first because {first}.")
    if rows:
        yield f"<details><summary>Why</summary>{_list(rows)}</details>"


def _outcomes(report: Report) -> Iterator[str]:
    if report.outcomes:
        yield f"<details><summary>{plural(len(report.outcomes), 'rule')}</summary><table>"
        for outcome in report.outcomes:
            cells = (
                outcome.status.value,
                f"{outcome.code} {outcome.name}",
                missing_words(outcome),
            )
            yield _row(cells)
        yield "</table></details>"


def _facts(report: Report) -> Iterator[str]:
    names = [name for name in report.facts if name in FACTS]
    if names:
        yield f"<details><summary>{plural(len(names), 'fact')}</summary><table>"
        for name in names:
            fact = report.facts[name]
            yield _row((name, describe(fact), str(fact.source)))
        yield "</table></details>"


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"


def _text(text: str) -> str:
    return escape(one_line(text, 4000))
