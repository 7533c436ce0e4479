"""The report as one HTML page without any other file: readable on a phone, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch_doctor import __version__
from torch_doctor.core.about import AboutKind
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import describe
from torch_doctor.core.finding import Finding, Fix
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.rule import Rule
from torch_doctor.core.text import plural
from torch_doctor.render.about import judged
from torch_doctor.render.fact_words import fact_words, place_words, seen_words
from torch_doctor.render.layers import LayerSummary, summaries
from torch_doctor.render.page import loader
from torch_doctor.render.page.frame import asset, page
from torch_doctor.render.page.markup import commands, items, receipt, row, text
from torch_doctor.render.page.rule import about, why_it_matters
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


_NO_RULES: Mapping[str, Rule] = {}


def render(report: Report, rules: Mapping[str, Rule] = _NO_RULES, checked: str = "") -> str:
    """Return a whole page. *rules* by their code say why a finding matters; *checked* is the day of the check.

    The page loads nothing, and its policy lets no script run but its own.
    """
    title = f"torch-doctor: {report.verdict.value}"
    return page(title, fragment(report, rules, checked))


def fragment(report: Report, rules: Mapping[str, Rule] = _NO_RULES, checked: str = "") -> str:
    """Return the report for a page that already exists, such as a notebook: no script, so no buttons that copy."""
    body = "\n".join(_body(report, rules, checked))
    style = asset("report.css")
    return f'<style>\n{style}</style>\n<main class="torch-doctor">\n{body}\n</main>\n'


def _body(report: Report, rules: Mapping[str, Rule], checked: str) -> Iterator[str]:
    found = groups(report)
    yield from _banner(report, checked)
    yield '<section class="layers">'
    yield from (_layer(layer) for layer in summaries(report))
    yield "</section>"
    if report.verdict is Verdict.UNDECIDED:
        yield "<h2>No verdict, because it is not known</h2>"
        yield items(map(text, why_undecided(report)))
        if report.next_step is not None:
            yield from _fix(report.next_step, "Next")
    anchors = _anchors(found)
    if len(found) > 1:
        yield from _contents(found, anchors)
    for group, anchor in zip(found, anchors, strict=True):
        yield from _finding(group, report, rules, anchor)
    if report.measured:
        from torch_doctor.render.deep.page import section

        yield from section(report)
    yield from loader.section(report.facts)
    yield from _rest(report)
    matrix = (
        f", matrix of {report.matrix_version} ({report.matrix_digest[:12]})"
        if report.matrix_version
        else ""
    )
    yield f"<footer>torch-doctor {__version__}{text(matrix)}</footer>"


def _banner(report: Report, checked: str) -> Iterator[str]:
    assumed = report.about.kind is AboutKind.HYPOTHETICAL
    yield f'<header class="{_TONES[report.verdict]}{" assumed" if assumed else ""}">'
    if assumed:
        yield "<p><b>Hypothetical.</b> Nobody saw a machine like this one: it is what was assumed.</p>"
    if subject := judged(report.about):
        yield f"<p>{text(subject)}</p>"
    yield f"<h1>{report.verdict.value}</h1>"
    yield f"<p>{text(answer(report))}</p>"
    day = f"Checked on {text(checked)}. " if checked else ""
    yield f"<p><small>{day}Exit code {report.exit_code}: {text(exit_meaning(report))}.</small></p>"
    yield "</header>"


def _layer(layer: LayerSummary) -> str:
    return (
        f'<div class="layer {layer.state}"><b aria-hidden="true">{_MARKS[layer.state]}</b>'
        f"<h2>{layer.title}</h2><p>{text(layer.text)}</p></div>"
    )


def _anchors(found: tuple[FindingGroup, ...]) -> list[str]:
    """Return a name for each group that a link can hold: its code, and a number where a code comes again."""
    seen: dict[str, int] = {}
    made = []
    for group in found:
        code = group.finding.code
        seen[code] = seen.get(code, 0) + 1
        made.append(code if seen[code] == 1 else f"{code}-{seen[code]}")
    return made


def _contents(found: tuple[FindingGroup, ...], anchors: list[str]) -> Iterator[str]:
    yield '<nav aria-label="Findings">'
    yield items(
        f'<a href="#{text(anchor)}">{text(_name(group))}</a> <small>{_severity(group)}</small>'
        for group, anchor in zip(found, anchors, strict=True)
    )
    yield "</nav>"


def _name(group: FindingGroup) -> str:
    return f"{group.finding.code} {group.finding.name}"


def _severity(group: FindingGroup) -> str:
    return f"{group.finding.severity}{', ignored' if group.finding.demoted else ''}"


def _finding(
    group: FindingGroup, report: Report, rules: Mapping[str, Rule], anchor: str
) -> Iterator[str]:
    finding = group.finding
    primary = finding == report.primary
    one = "" if group.alike else f", in {text(finding.subject)}"
    role = f"{_severity(group)}{', the primary cause' if primary else ''}{one}"
    tone = "absent" if finding.demoted else str(finding.severity)
    yield f'<article class="{tone}" id="{text(anchor)}">'
    yield f'<h2><a href="#{text(anchor)}">{text(_name(group))}</a> <small>{role}</small></h2>'
    for each in (finding, *group.alike):
        subject = f"{text(each.subject)}: " if group.alike else ""
        words = text(each.message)
        yield f"<p>{subject}{f'<strong>{words}</strong>' if primary else words}</p>"
    rule = rules.get(finding.code)
    if rule is not None:
        yield why_it_matters(rule)
    for position, fix in enumerate(finding.fixes):
        yield from _fix(fix, "Or" if position else "Cure")
    yield from _grounds(finding, why_primary(report) if primary else "")
    if group.consequences:
        yield f"<details><summary>Explains {plural(len(group.consequences), 'more finding')}</summary>"
        yield items(
            text(f"{f.code} {f.name} ({f.subject}): {f.message}") for f in group.consequences
        )
        yield "</details>"
    if rule is not None:
        yield from about(rule)
    yield "</article>"


def _fix(fix: Fix, label: str) -> Iterator[str]:
    limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
    suffix = f" <small>({limits})</small>" if limits else ""
    yield f"<p><b>{label}</b> {text(fix.text)}{suffix}</p>"
    if fix.lines:
        yield commands(fix.lines, "lines of a file")
    if fix.commands:
        yield commands(fix.commands)


def _grounds(finding: Finding, first: str) -> Iterator[str]:
    rows = [text(seen_words(item)) for item in finding.evidence]
    if rows:
        yield f"<details><summary>Seen</summary>{items(rows)}</details>"
    rows = list(map(receipt, finding.because))
    if first:
        rows.append(text(f"It stands first because {first}."))
    if rows:
        yield f"<details><summary>Rows and sources</summary>{items(rows)}</details>"


def _rest(report: Report) -> Iterator[str]:
    """What could not be checked, the rules, and the facts."""
    gaps = unchecked(report)
    if gaps:
        yield "<h2>Could not be checked</h2>"
        yield items(text(f"{gap.what}: {gap.why} ({', '.join(gap.codes)})") for gap in gaps)
    if report.outcomes:
        yield f"<details><summary>{plural(len(report.outcomes), 'rule')}</summary><table>"
        for one in report.outcomes:
            yield row((one.status.value, f"{one.code} {one.name}", missing_words(one)))
        yield "</table></details>"
    names = [name for name in report.facts if name in FACTS]
    if names:
        yield f"<details><summary>{plural(len(names), 'fact')}</summary><table>"
        for name in names:
            fact = report.facts[name]
            yield row(
                (
                    f"{fact_words(name, fact.source)} ({name})",
                    describe(fact),
                    place_words(fact.source),
                )
            )
        yield "</table></details>"
