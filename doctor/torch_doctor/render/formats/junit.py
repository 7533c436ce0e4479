"""The report as JUnit XML: a rule is a test case, so every CI system shows what failed and what was skipped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.report import Outcome, OutcomeStatus, Report, Verdict
from torch_doctor.core.text import one_line, visible
from torch_doctor.render.fact_words import seen_words
from torch_doctor.render.view import fix_limits, last_line, missing_words, step_words, why_undecided


def render(report: Report) -> str:
    """Return one test suite. An undecided verdict is an error, as it is for the exit code."""
    cases = [_case(outcome, report) for outcome in report.outcomes]
    cases.append(_verdict(report))
    counted = {
        kind: sum(f"<{kind} " in case for case in cases) for kind in ("failure", "error", "skipped")
    }
    numbers = f'tests="{len(cases)}" failures="{counted["failure"]}" errors="{counted["error"]}"'
    seconds = f"{sum(report.timing.values()):.3f}"
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="torch-doctor" {numbers}>',
        f'<testsuite name="torch-doctor" {numbers} skipped="{counted["skipped"]}" time="{seconds}">',
        *cases,
        "</testsuite>",
        "</testsuites>",
    ]
    return "\n".join(rows) + "\n"


def _case(outcome: Outcome, report: Report) -> str:
    found = [finding for finding in report.findings if finding.code == outcome.code]
    head = f'<testcase classname="torch-doctor.{_attr(outcome.code)}" name="{_attr(outcome.name)}">'
    return f"{head}{''.join(_body(outcome, found))}</testcase>"


def _body(outcome: Outcome, found: list[Finding]) -> Iterator[str]:
    if outcome.status is OutcomeStatus.CRASHED:
        yield f'<error message="the rule crashed">{_text(outcome.detail)}</error>'
    if outcome.status is OutcomeStatus.SKIPPED:
        yield f'<skipped message="{_attr(missing_words(outcome))}"></skipped>'
    failing = [f for f in found if f.severity is Severity.ERROR and not f.demoted]
    others = [f for f in found if f not in failing]
    if failing:
        # One failure for a case: readers of JUnit XML differ on what to do with a second.
        message = _attr("; ".join(f"{f.subject}: {f.message}" for f in failing))
        kind = _attr(failing[0].cause or "")
        yield f'<failure type="{kind}" message="{message}">{_all(failing)}</failure>'
    if others:
        yield f"<system-out>{_all(others)}</system-out>"


def _all(findings: list[Finding]) -> str:
    return _text("\n".join(row for finding in findings for row in _words(finding)))


def _words(finding: Finding) -> Iterator[str]:
    ignored = " (ignored)" if finding.demoted else ""
    yield f"{finding.severity}{ignored}, {one_line(finding.subject)}: {one_line(finding.message, 2000)}"
    if finding.explained_by:
        yield f"explained by {finding.explained_by}"
    for item in finding.evidence:
        yield f"seen: {seen_words(item)}"
    for row in finding.because:
        yield f"why: {one_line(row.row)} {one_line(row.source)} ({one_line(row.how)}, {one_line(row.checked)})"
    for fix in finding.fixes:
        limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
        yield f"cure: {one_line(fix.text, 1000)}{f' ({limits})' if limits else ''}"
        yield from (f"    {one_line(command, 2000)}" for command in fix.shown)


def _verdict(report: Report) -> str:
    head = '<testcase classname="torch-doctor" name="verdict">'
    if report.verdict is Verdict.UNDECIDED:
        rows = [one_line(reason, 2000) for reason in why_undecided(report)]
        if report.next_step is not None:
            rows.append(f"next: {' '.join(step_words(report.next_step))}")
        reasons = _text("\n".join(rows))
        return f'{head}<error message="{_attr(last_line(report))}">{reasons}</error></testcase>'
    return f"{head}<system-out>{_text(last_line(report))}</system-out></testcase>"


def _attr(text: str) -> str:
    return escape(one_line(text, 2000), quote=True)


def _text(text: str) -> str:
    return escape(visible(text), quote=False)
