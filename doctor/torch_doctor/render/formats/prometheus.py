"""The report as a textfile for node_exporter: gauges that an alert can be built on."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.report import OutcomeStatus, Report, Verdict
from torch_doctor.core.text import one_line
from torch_doctor.render.view import counts, unchecked


def render(report: Report) -> str:
    """Return metrics in the Prometheus text format."""
    return "\n".join(_lines(report)) + "\n"


def label(text: str) -> str:
    """Escape a label's value."""
    return one_line(text, 300).replace("\\", "\\\\").replace('"', '\\"')


def _lines(report: Report) -> Iterator[str]:
    build = labels_of(
        version=__version__, matrix=report.matrix_version, about=report.about.kind.value
    )
    yield from metric("info", "The program and its matrix.", [(build, 1)])
    states = [(labels_of(verdict=v.value), int(v is report.verdict)) for v in Verdict]
    yield from metric("verdict", "1 for the verdict of the last run, 0 for the others.", states)
    yield from metric("exit_code", "0 runs, 1 a problem, 2 no verdict.", [("", report.exit_code)])
    numbers = [(labels_of(severity=name), count) for name, count in counts(report).items()]
    yield from metric("findings", "Findings by severity; ignored ones apart.", numbers)
    yield from metric("finding", "One for each finding.", _findings(report))
    yield from metric(
        "unchecked", "Facts or rules that could not be checked.", [("", len(unchecked(report)))]
    )
    outcomes = [
        (
            labels_of(status=status.value),
            sum(outcome.status is status for outcome in report.outcomes),
        )
        for status in OutcomeStatus
    ]
    yield from metric("rules", "Rules by what became of them.", outcomes)
    seconds = [
        (labels_of(probe=name), round(value, 6)) for name, value in sorted(report.timing.items())
    ]
    yield from metric("probe_seconds", "Time that each probe took.", seconds)


def _findings(report: Report) -> list[tuple[str, float]]:
    rows = {}
    for finding in report.findings:
        labels = labels_of(
            code=finding.code,
            name=finding.name,
            cause=finding.cause or "",
            severity=str(finding.severity),
            subject=finding.subject,
            primary="true" if finding == report.primary else "false",
            ignored="true" if finding.demoted else "false",
        )
        rows[labels] = 1.0
    return [(labels, int(value)) for labels, value in rows.items()]


def metric(
    name: str, text: str, rows: list[tuple[str, float]] | list[tuple[str, int]]
) -> Iterator[str]:
    """Yield the lines of one metric, a row for each set of labels; nothing where there is no row."""
    if rows:
        yield f"# HELP torch_doctor_{name} {text}"
        yield f"# TYPE torch_doctor_{name} gauge"
    yield from (f"torch_doctor_{name}{labels} {value}" for labels, value in rows)


def labels_of(**labels: str) -> str:
    """Return labels as they stand behind the name of a metric."""
    return "{" + ",".join(f'{name}="{label(value)}"' for name, value in labels.items()) + "}"
