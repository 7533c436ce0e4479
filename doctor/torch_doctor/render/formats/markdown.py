"""The report as Markdown, ready to paste into an issue. Text from outside stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.finding import Finding, Fix
from torch_doctor.core.report import OutcomeStatus, Report, Verdict
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, visible
from torch_doctor.render.about import judged
from torch_doctor.render.fact_words import fact_words, place_words
from torch_doctor.render.layers import summaries
from torch_doctor.render.view import (
    FindingGroup,
    fix_limits,
    groups,
    last_line,
    receipts,
    unchecked,
    why_undecided,
)

_STATES = {
    "ok": "ok",
    "error": "**broken**",
    "warning": "**warning**",
    "unknown": "unknown",
    "absent": "none",
    "plain": "",
}
_ACTIVE = regex(r"([\\`*_{}\[\]<>#|~@&!])")
# What a forge makes of words after it has rendered them: people are notified, other issues are told, links appear.
# A blank without width in between keeps that from happening; a backslash does not.
_NOTICED = regex(r"(?<=[@#])(?=\w)|(?<=\bGH-)(?=\d)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_NO_WIDTH = "&#8203;"


def render(report: Report) -> str:
    """Return the report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def escape(text: str, limit: int = 2000) -> str:
    """Return text from outside on one line, with every sign that Markdown, HTML or a forge would act on escaped."""
    plain = _NOTICED.sub(_NO_WIDTH, _ACTIVE.sub(r"\\\1", one_line(text, limit)))
    return plain.replace("://", f":{_NO_WIDTH}//")


def code(text: str) -> str:
    """Return text as a code span, fenced by more backticks than it holds."""
    plain = one_line(text, 2000)
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") or longest else ""
    return f"{fence}{pad}{plain}{pad}{fence}" if plain else ""


def _lines(report: Report) -> Iterator[str]:
    yield f"## torch-doctor: {report.verdict.value}"
    yield ""
    yield f"{escape(last_line(report))}"
    if subject := judged(report.about):
        yield f"Judged: {escape(subject)}"
    yield ""
    yield "| layer | state | what is there |"
    yield "|---|---|---|"
    for layer in summaries(report):
        yield f"| {layer.title} | {_STATES[layer.state]} | {escape(layer.text)} |"
    if report.verdict is Verdict.UNDECIDED:
        yield from ("", "No verdict, because it is not known:", "")
        yield from (f"- {escape(reason)}" for reason in why_undecided(report))
    if report.next_step is not None:
        yield from _fix(report.next_step, "Next")
    for group in groups(report):
        yield from _group(group, report)
    if report.measured:
        yield from _measured(report)
    yield from _asides(report)
    matrix = (
        f", matrix {report.matrix_version} ({report.matrix_digest[:12]})"
        if report.matrix_version
        else ""
    )
    yield from ("", f"torch-doctor {__version__}{matrix}")


def _group(group: FindingGroup, report: Report) -> Iterator[str]:
    finding = group.finding
    role = ", the primary cause" if finding == report.primary else ""
    ignored = ", ignored" if finding.demoted else ""
    yield from (
        "",
        f"### {finding.code} {escape(finding.name)} ({finding.severity}{role}{ignored})",
    )
    for each in (finding, *group.alike):
        yield from ("", f"{escape(each.subject)}: {escape(each.message)}")
    for position, fix in enumerate(finding.fixes):
        yield from _fix(fix, "Or" if position else "Cure")
    if finding.evidence or finding.because or group.consequences:
        yield ""
    yield from _evidence(finding)
    for each in group.consequences:
        yield f"- explains {each.code} {escape(each.name)} ({escape(each.subject)}): {escape(each.message)}"


def _evidence(finding: Finding) -> Iterator[str]:
    for item in finding.evidence:
        place = escape(place_words(item.source))
        seen = f"{escape(fact_words(item.fact, item.source))}: {code(item.value)}"
        yield f"- seen: {seen} ({place})" if place else f"- seen: {seen}"
    for row in finding.because:
        origin = f"{link(row.source)} ({escape(row.how)}, checked {escape(row.checked)})"
        yield f"- why: {code(row.row)}, {origin}"


def link(source: str) -> str:
    """Return an address of plain signs as a link, and anything else as text."""
    plain = re.fullmatch(r"https?://[A-Za-z0-9./_#?=%-]{1,300}", source)
    return f"<{source}>" if plain else escape(source)


def _fix(fix: Fix, label: str) -> Iterator[str]:
    limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
    yield from ("", f"{label}: {escape(fix.text)}{f' ({limits})' if limits else ''}")
    for words, language in ((fix.lines, ""), (fix.commands, "sh")):
        if words:
            text = visible("\n".join(words))
            longest = max((len(run) for run in re.findall("`+", text)), default=0)
            fence = "`" * max(3, longest + 1)
            yield from ("", f"{fence}{language}", text, fence)


def _measured(report: Report) -> Iterator[str]:
    from torch_doctor.render.deep.words import places, rate, share, verdict

    for place in places(report):
        yield from ("", f"### Measured: {escape(place.title)}", "")
        yield "| stage | rate | reached | time | verdict |"
        yield "|---|---|---|---|---|"
        for one in place.measures:
            cells = (one.stage, rate(one.value, one.unit), share(one), f"{one.seconds:.1f} s")
            yield f"| {' | '.join(map(escape, (*cells, verdict(one))))} |"
    if report.compared is not None:
        yield from ("", f"Since {escape(report.compared.name)}:", "")
        moved = [change for change in report.compared.changes if change.verdict != "same"]
        for change in moved:
            what = change.stage if change.gpu is None else f"{change.stage} GPU {change.gpu}"
            both = (rate(change.before, change.unit), rate(change.now, change.unit))
            values = " → ".join(filter(None, both))
            words = " ".join(filter(None, (what, values, change.words)))
            yield f"- {escape(change.verdict)}: {escape(words)}"
        if not moved:
            yield "- nothing moved by more than a healthy host does"


def _asides(report: Report) -> Iterator[str]:
    gaps = unchecked(report)
    if gaps:
        yield from ("", "Could not be checked:", "")
        yield from (
            f"- {escape(gap.what)}: {escape(gap.why)} ({', '.join(gap.codes)})" for gap in gaps
        )
    passed = sum(outcome.status is OutcomeStatus.PASSED for outcome in report.outcomes)
    yield from (
        "",
        f"{passed} of {len(report.outcomes)} rules passed, on {len(receipts(report))} rows of the matrix.",
    )
