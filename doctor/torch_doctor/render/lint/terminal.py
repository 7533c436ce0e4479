"""Problems for a terminal: where, what, the line with a caret, why by which row, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, plural
from torch_doctor.render.lint.words import change, counted
from torch_doctor.render.text.line import Line, Segment, labelled, text

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw

_LABEL, _WINDOW = 8, 66


def lines(answer: LintAnswer, *, verbose: bool, quiet: bool = False) -> Iterator[Line]:
    """Yield the answer; notes, rows and what is unknown only where *verbose*, the last line alone where *quiet*."""
    hidden = 0
    for flaw in answer.flaws:
        if quiet or (flaw.severity is Severity.NOTE and not verbose):
            hidden += not quiet
            continue
        yield from _flaw(flaw, verbose=verbose)
        yield Line()
    if verbose:
        for one in answer.unsure:
            place = f"{one_line(one.spot.file)}:{one.spot.line}"
            yield text(Segment(f"{place}: ", "dim"), f"not known: {one_line(one.what)}", hang=2)
        for flaw in answer.ignored:
            place = f"{one_line(flaw.spot.file)}:{flaw.spot.line}"
            words = f"{flaw.problem} is accepted: {one_line(flaw.reason)} ({one_line(flaw.accepted_in)})"
            yield text(Segment(f"{place}: ", "dim"), words, hang=2)
    if verbose and answer.since is not None:
        for flaw in answer.since.mended:
            yield text(
                Segment(f"{one_line(flaw.spot.file)}: ", "dim"), f"{flaw.problem} is mended", hang=2
            )
    for row in change(answer):
        yield text(row, hang=2)
    yield _summary(answer, hidden, verbose=verbose)


def _flaw(flaw: Flaw, *, verbose: bool) -> Iterator[Line]:
    spot, kind = flaw.spot, str(flaw.severity)
    column = f":{spot.column}" if spot.column else ""
    yield text(
        Segment(f"{one_line(spot.file)}:{spot.line}{column}: ", "bold"), Segment(kind, kind),
        f" {flaw.problem}", hang=2,
    )  # fmt: skip
    if flaw.text.strip():
        yield from _quoted(flaw)
    yield text(one_line(flaw.message, 2000), indent=2)
    if flaw.fix:
        yield labelled((Segment("fix", "dim"),), one_line(flaw.fix, 1000), indent=2, hang=_LABEL)
    if flaw.not_accepted:
        label = (Segment("note", "dim"),)
        yield labelled(label, one_line(flaw.not_accepted, 1000), indent=2, hang=_LABEL)
    for row in flaw.because if verbose else flaw.because[:1]:
        words = f"{row.row}: {one_line(row.source, 200)} ({row.how}, {row.checked})"
        yield labelled((Segment("why", "dim"),), words, indent=2, hang=_LABEL)


def _quoted(flaw: Flaw) -> Iterator[Line]:
    """The line of the file, with a sign below the place that is meant."""
    shown = flaw.text.replace("\t", " ").rstrip()
    cut = len(shown) - len(shown.lstrip())
    place = flaw.spot.column - 1
    if place - cut > _WINDOW // 2 and len(shown) - cut > _WINDOW:
        cut = min(place - _WINDOW // 2, len(shown) - _WINDOW)
    number = str(flaw.spot.line)
    row = shown[cut : cut + _WINDOW]
    yield Line((Segment(f"{number} | {row}", "dim"),), 2, 4, command=True)
    if flaw.spot.column and 0 <= place - cut < len(row):
        yield text(Segment("^", str(flaw.severity)), indent=len(number) + 5 + place - cut)


def _summary(answer: LintAnswer, hidden: int, *, verbose: bool) -> Line:
    read = f"in {plural(len(answer.files), 'file')}"
    more = []
    if hidden:
        more.append(f"-v shows {plural(hidden, 'note')}")
    if answer.ignored:
        more.append(f"{len(answer.ignored)} accepted with a reason{'' if verbose else ' (-v)'}")
    if answer.unsure and not verbose:
        more.append(f"-v shows {plural(len(answer.unsure), 'value')} that cannot be known")
    tail = f"; {'; '.join(more)}" if more else ""
    words = f"{counted(answer)} {read}"
    worst = answer.worst()
    return text(Segment(words, str(worst) if worst else "ok"), tail, hang=2)
