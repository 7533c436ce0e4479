"""What is said of one problem, a row each, for the formats that take plain text."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, plural

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.evaluate.drivers import LeastDriver
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


def change(answer: LintAnswer) -> Iterator[str]:
    """Yield what became of the least drivers, and the numbers; nothing where nothing was compared."""
    since = answer.since
    if since is None:
        return
    before, now = since.least
    if since.raises:
        yield f"This change raises the minimum driver from {before} to {now}."
    elif before != now:
        yield f"The minimum driver was {before or 'none'} and is {now or 'none'}."
    for one in since.drivers:
        place = one.now or one.before
        if place is not None:
            name = f" ({one_line(place.name, 60)})" if place.name else ""
            yield f"{one_line(place.file)}{name}: {_needed(one.before)} before, {_needed(one.now)} now"
    counts = f"{len(since.kept)} as before, {len(since.mended)} mended"
    yield f"since {one_line(since.revision, 80)}: {len(answer.flaws)} new, {counts}"


def _needed(one: LeastDriver | None) -> str:
    if one is None:
        return "nothing that is known"
    return f"{one.release or 'no driver'} ({one_line(one.what, 120)})"
