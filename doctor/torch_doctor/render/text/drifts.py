"""A host beside a lock, as lines: what drifted, what is not known, and what puts it right."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.render.fact_words import fact_words
from torch_doctor.render.text.layout import mark
from torch_doctor.render.text.line import Line, Segment, command, labelled, text

if TYPE_CHECKING:
    from torch_doctor.core.finding import Fix
    from torch_doctor.recommendation.locking.drift import Comparison

_HANG = 11


def lines(comparison: Comparison, file: str, beside: str) -> Iterator[Line]:
    """Return *comparison* as lines; *file* is the lock, *beside* what it was compared with, in words."""
    lock = comparison.lock
    gpus = listing(list(dict.fromkeys(gpu.name for gpu in lock.gpus)))
    head = (
        f"{file}: torch {lock.build} for {gpus}, by the matrix of {lock.matrix_version}; {beside}"
    )
    yield text(Segment(one_line(head, 2000), "bold"), hang=2)
    for drift in comparison.drifts:
        yield _line("error", drift.subject, drift.message)
    for one in comparison.unknown:
        yield _line("unknown", one.subject, f"not known ({fact_words(one.fact)}): {one.why}")
    for fix in dict.fromkeys(drift.fix for drift in comparison.drifts):
        yield Line()
        yield from _cure(fix)
    yield Line()
    yield text(Segment(_verdict(comparison), _STYLES[comparison.status]), hang=2)


_STYLES = {"same": "ok", "drifted": "error", "unknown": "unknown"}


def _line(state: str, subject: str, words: str) -> Line:
    lead = (mark(state), Segment(f" {subject}", "bold"))
    return labelled(lead, one_line(words, 2000), hang=max(_HANG, len(subject) + 3))


def _cure(fix: Fix) -> Iterator[Line]:
    needs = [
        word
        for word, needed in (("root", fix.needs_root), ("a reboot", fix.needs_reboot))
        if needed
    ]
    asks = f" (needs {listing(needs)})" if needs else ""
    yield labelled((Segment("cure", "dim"),), one_line(f"{fix.text}{asks}", 2000), hang=6)
    for words in fix.commands:
        yield from command(words, 4)


def _verdict(comparison: Comparison) -> str:
    code = f"Exit code {comparison.exit_code}."
    if comparison.drifts:
        return f"Drifted: {plural(len(comparison.drifts), 'difference')} from the plan. {code}"
    if comparison.exit_code:
        return f"Not known: nothing differs of what is known. {code}"
    return f"The same: nothing has drifted from the plan. {code}"
