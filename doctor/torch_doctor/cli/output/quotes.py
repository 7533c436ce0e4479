"""Which lines of a pasted report a finding rests on, as they can be quoted."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.redaction.facts import text_cleaner
from torch_doctor.core.report import Report
from torch_doctor.core.text import one_line
from torch_doctor.matrix.signatures import recognise
from torch_doctor.matrix.store import Matrix
from torch_doctor.pastes.read import named_in
from torch_doctor.pastes.text.paste import Paste, decode
from torch_doctor.render.comment import MOST_LINES

_TEXTS = ("errors_seen", "remarks")


def quotes(
    report: Report, data: bytes, where: str, matrix: Matrix, *, identify: bool
) -> dict[str, dict[int, str]]:
    """Return the lines behind each finding, by its code; without what identifies somebody unless *identify*."""
    clean = str if identify else text_cleaner(named_in(data))
    where = clean(where)
    wanted = {
        finding.code: tuple(dict.fromkeys(_numbers(finding, report.facts, where, matrix)))[
            :MOST_LINES
        ]
        for finding in report.findings
        if finding.severity > Severity.NOTE
    }
    lines = _lines(data, {number for numbers in wanted.values() for number in numbers})
    return {
        code: {
            number: one_line(clean(lines[number]), 240) for number in numbers if lines.get(number)
        }
        for code, numbers in wanted.items()
    }


def _numbers(finding: Finding, facts: Facts, where: str, matrix: Matrix) -> Iterator[int]:
    for item in finding.evidence:
        fact = facts[item.fact]
        if not fact.source.pasted or fact.source.where != where:
            continue
        if item.fact in _TEXTS and isinstance(fact, Known):
            yield from _telling(finding, fact.value, matrix)
        elif fact.source.line:
            yield fact.source.line
    yield from _telling(finding, facts.value("errors_seen", ()), matrix)


def _telling(finding: Finding, seen: tuple[object, ...], matrix: Matrix) -> Iterator[int]:
    """Yield the lines of the texts that the finding quotes, or that carry one of its signatures."""
    signatures = {
        row.row.partition("/")[2] for row in finding.because if row.row.startswith("signatures/")
    }
    for error in seen:
        text, line = getattr(error, "text", ""), getattr(error, "line", None)
        quoted = len(text) > 12 and text[:120] in finding.message
        if line and (quoted or any(row.id in signatures for row in recognise(text, matrix))):
            yield line


def _lines(data: bytes, numbers: set[int]) -> dict[int, str]:
    paste = Paste(decode(data))
    found: dict[int, str] = {}
    for index, line in enumerate(paste.lines):
        number = paste.number(index)
        if number in numbers:
            found[number] = one_line(f"{found.get(number, '')} {line}", 4000)
    return found
