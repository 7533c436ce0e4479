"""Annotations for GitHub Actions. At most ten of a kind are shown by GitHub, so the worst come first."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.report import Report
from torch_doctor.core.text import one_line
from torch_doctor.render.fact_words import seen_words
from torch_doctor.render.view import (
    FindingGroup,
    groups,
    last_line,
    place_in_checkout,
    step_words,
    unchecked,
    why_undecided,
)

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}
_LIMIT = 10


def render(report: Report) -> str:
    """Return workflow commands, one a line, and the verdict as the last line."""
    return "\n".join(_lines(report)) + "\n"


def data(text: str) -> str:
    """Escape the data of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def attribute(text: str) -> str:
    """Escape a property of a workflow command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def _lines(report: Report) -> Iterator[str]:
    shown: dict[str, int] = {}
    for group in groups(report):
        kind = "notice" if group.finding.demoted else _KINDS[str(group.finding.severity)]
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] <= _LIMIT:
            yield _annotation(kind, group)
    for reason in why_undecided(report):
        yield f"::error title=torch-doctor has no verdict::{data(one_line(reason, 2000))}"
    if report.next_step is not None:
        words = "\n".join(step_words(report.next_step))
        yield f"::notice title=torch-doctor asks for the next step::{data(words)}"
    for gap in unchecked(report)[:_LIMIT]:
        yield f"::notice title={attribute('could not check ' + one_line(gap.what))}::{data(one_line(gap.why, 2000))}"
    hidden = sum(max(0, count - _LIMIT) for count in shown.values())
    if hidden:
        yield f"{hidden} more findings are not annotated; torch-doctor -v shows them"
    yield _plain(last_line(report))


def _annotation(kind: str, group: FindingGroup) -> str:
    finding = group.finding
    title = f"{finding.code} {finding.name}{' (ignored)' if finding.demoted else ''}"
    found = place_in_checkout(finding)
    place = f"file={attribute(found[0])},line={found[1]}," if found else ""
    return f"::{kind} {place}title={attribute(one_line(title))}::{data(_body(group))}"


def _body(group: FindingGroup) -> str:
    finding = group.finding
    subjects = ", ".join(one_line(subject) for subject in group.subjects)
    rows = [f"{subjects}: {one_line(finding.message, 2000)}"]
    rows += [f"seen: {seen_words(item)}" for item in finding.evidence]
    rows += [f"why: {one_line(row.row)} {one_line(row.source)}" for row in finding.because]
    for fix in finding.fixes:
        rows.append(f"cure: {one_line(fix.text, 1000)}")
        rows += [f"  {one_line(command, 2000)}" for command in fix.shown]
    rows += [f"explains {other.code} {one_line(other.message)}" for other in group.consequences]
    return "\n".join(rows)


def _plain(text: str) -> str:
    """A line of plain output must not begin like a workflow command."""
    return one_line(text, 1000).lstrip(":#")
