"""What is said of one problem, a row each, for the formats that take plain text."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, plural

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw


def rows(flaw: Flaw) -> Iterator[str]:
    """Yield why it is a problem, why it is not accepted, what mends it, and the rows that say so."""
    yield one_line(flaw.message, 2000)
    if flaw.not_accepted:
        yield f"note: {one_line(flaw.not_accepted, 1000)}"
    if flaw.fix:
        yield f"fix: {one_line(flaw.fix, 1000)}"
    for row in flaw.because:
        yield f"why: {one_line(row.row)} {one_line(row.source)} ({row.how}, {row.checked})"


def counted(answer: LintAnswer) -> str:
    """Return what was found in numbers: ``2 errors, 1 note``."""
    counts = [
        plural(sum(flaw.severity is severity for flaw in answer.flaws), str(severity))
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if any(flaw.severity is severity for flaw in answer.flaws)
    ]
    return ", ".join(counts) or "nothing was found"
