"""The report as JSON: the documented contract, plain ASCII so that every terminal and log can carry it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION, About
from torch_doctor.core.codec import facts_to_json
from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Evidence, Finding, Receipt
from torch_doctor.core.observed import reached
from torch_doctor.core.report import Gap, GapKind, Outcome, Report
from torch_doctor.core.startup import Any
from torch_doctor.render.laid_out import JsonText, dump, outcomes

_INTERPRETER = {
    "version": "python_version",
    "tag": "python_tag",
    "environment": "python_environment",
    "executable": "python_executable",
    "found_via": "python_found_via",
}


def render(report: Report, *, indent: int | None = 2) -> str:
    """Return the report as a JSON document that ends with a newline."""
    return dump(document(report, lambda judged: outcomes(judged, indent)), indent=indent)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "name": outcome.name,
        "status": outcome.status.value,
        "missing": [
            {"fact": fact, "reason": why.reason.value, "detail": why.detail}
            for fact, why in outcome.missing
        ],
        "error": outcome.error,
        "detail": outcome.detail,
    }


def document(
    report: Report, written: Callable[[Iterable[Outcome]], JsonText] | None = None
) -> dict[str, Any]:
    """Return the report as plain values; with *written* the outcomes are text already, for ``dump``."""
    primary = report.primary
    made = {
        **_head(report.matrix_version, report.matrix_digest, report.about),
        "interpreter": _interpreter(report.facts),
        "verdict": report.verdict.value,
        "proof": reached(report.facts),
        "primary": primary
        and {"code": primary.code, "cause": primary.cause, "message": primary.message},
        "why": [_gap(gap) for gap in report.why],
        "next_step": report.next_step and report.next_step.as_values(),
        "findings": [_finding(finding) for finding in report.findings],
        "outcomes": written(report.outcomes)
        if written
        else [_outcome(outcome) for outcome in report.outcomes],
        "facts": facts_to_json(report.facts),
        "timing": {name: round(seconds, 6) for name, seconds in report.timing.items()},
        "exit_code": report.exit_code,
    }
    if report.measured:
        from torch_doctor.render.deep.rows import measured_rows

        made.update(measured_rows(report))
    return made


def facts_document(facts: Facts, timing: dict[str, float]) -> dict[str, Any]:
    """Return facts as the document that ``collect`` writes and ``check --facts`` reads."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "facts": facts_to_json(facts),
        "timing": {name: round(seconds, 6) for name, seconds in timing.items()},
    }


def failure(kind: str, message: str, cure: str = "", about: About = About()) -> dict[str, Any]:
    """Return the document of a run that could not judge: *kind* is usage, input, matrix or internal."""
    return {
        **_head("", "", about),
        "interpreter": None,
        "verdict": "undecided",
        "proof": "static",
        "primary": None,
        "why": [_gap(Gap(GapKind.NOT_JUDGED, message))],
        "next_step": None,
        "findings": [],
        "outcomes": [],
        "facts": {},
        "timing": {},
        "exit_code": 2,
        "error": {"kind": kind, "message": message, "cure": cure},
    }


def _head(version: str, digest: str, about: About) -> dict[str, Any]:
    head = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": version, "digest": digest},
        "about": about.as_values(),
    }
    return {**head, "subject": about.name} if about.name else head


def _interpreter(facts: Facts) -> dict[str, str | None] | None:
    """The Python whose torch was judged, and why it is this one."""
    known = {key: facts.value(fact) for key, fact in _INTERPRETER.items()}
    return known if any(known.values()) else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "cause": finding.cause,
        "severity": str(finding.severity),
        "subject": finding.subject,
        "message": finding.message,
        "evidence": [_evidence(item) for item in finding.evidence],
        "because": [_receipt(row) for row in finding.because],
        "fixes": [fix.as_values() for fix in finding.fixes],
        "explains": list(finding.explains),
        "explained_by": finding.explained_by,
        "confidence": finding.confidence,
        "ignored": finding.demoted,
    }


def _evidence(item: Evidence) -> dict[str, str]:
    return {"fact": item.fact, "value": item.value, "source": str(item.source)}


def _receipt(row: Receipt) -> dict[str, str]:
    return {
        "row": row.row,
        "source": row.source,
        "checked": row.checked,
        "how": row.how,
        "confidence": row.confidence,
    }


def _gap(gap: Gap) -> dict[str, str | None]:
    return {
        "kind": gap.kind.value,
        "text": gap.text,
        "fact": gap.fact,
        "reason": gap.why.reason.value if gap.why else None,
    }
