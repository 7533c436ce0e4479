"""The report as SARIF 2.1.0, for code scanning and other viewers."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.finding import Finding
from torch_doctor.core.report import Report
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, visible
from torch_doctor.render.about import judged
from torch_doctor.render.fact_words import seen_words
from torch_doctor.render.laid_out import dump
from torch_doctor.render.view import (
    fix_limits,
    last_line,
    place_in_checkout,
    step_words,
    unchecked,
    why_undecided,
)

_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_DOCS = "https://github.com/torch-doctor/torch-doctor/blob/main/docs/rules/"


def render(report: Report) -> str:
    """Return the report as a SARIF log with one run."""
    run = {
        "tool": {"driver": _driver(report)},
        "invocations": [_invocation(report)],
        "results": [_result(finding) for finding in report.findings],
        "properties": {
            "verdict": report.verdict.value,
            "summary": last_line(report),
            "about": report.about.kind.value,
            "judged": judged(report.about),
        },
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return dump(log)


def _driver(report: Report) -> dict[str, Any]:
    codes = {finding.code: finding for finding in report.findings}
    return {
        "name": "torch-doctor",
        "semanticVersion": __version__,
        "informationUri": "https://github.com/torch-doctor/torch-doctor",
        "rules": [_rule(codes[key]) for key in sorted(codes)],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": finding.name.replace("-", " ")},
        "helpUri": f"{_DOCS}{finding.code}.md",
        "defaultConfiguration": {"level": _LEVELS[str(finding.severity)]},
        "properties": {"cause": finding.cause or ""},
    }


def _invocation(report: Report) -> dict[str, Any]:
    gaps = [f"could not check {gap.what}: {gap.why}" for gap in unchecked(report)]
    reasons = [f"no verdict: {reason}" for reason in why_undecided(report)]
    reasons += [f"next: {' '.join(step_words(step))}" for step in [report.next_step] if step]
    return {
        "executionSuccessful": report.exit_code != 2,
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            *({"level": "error", "message": {"text": visible(text)}} for text in reasons),
            *({"level": "note", "message": {"text": visible(text)}} for text in gaps),
        ],
    }


def _result(finding: Finding) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[str(finding.severity)],
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        "properties": {
            "cause": finding.cause or "",
            "subject": one_line(finding.subject),
            "explainedBy": finding.explained_by or "",
            "confidence": finding.confidence,
        },
    }
    if finding.demoted:
        made["suppressions"] = [{"kind": "external", "justification": "--ignore"}]
    return made


def _message(finding: Finding) -> str:
    rows = [one_line(finding.message, 2000)]
    rows += [f"Seen: {seen_words(item)}" for item in finding.evidence]
    rows += [
        f"Why: {one_line(r.row)} {one_line(r.source)} ({one_line(r.how)}, {one_line(r.checked)})"
        for r in finding.because
    ]
    for fix in finding.fixes:
        limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
        rows.append(f"Cure: {one_line(fix.text, 1000)}{f' ({limits})' if limits else ''}")
        rows += [f"    {one_line(command, 2000)}" for command in fix.shown]
    # A viewer reads [text](n) in a message as a link to a location.
    return "\n".join(rows).replace("[", "\\[").replace("]", "\\]")


def _location(finding: Finding) -> dict[str, Any]:
    """A file and line of the checkout where the evidence names one, else the subject as a logical place."""
    logical = {
        "logicalLocations": [{"fullyQualifiedName": one_line(finding.subject), "kind": "resource"}]
    }
    found = place_in_checkout(finding)
    if not found:
        return logical
    file, line = found
    place = {
        "artifactLocation": {"uri": file.replace(" ", "%20")},
        "region": {"startLine": line},
    }
    return {**logical, "physicalLocation": place}
