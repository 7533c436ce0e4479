"""Problems as Markdown, ready for a comment on a change. Text of files stays text."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import plural
from torch_doctor.render.formats.markdown import code, escape, link
from torch_doctor.render.lint.words import change, counted

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw


def render(answer: LintAnswer, exit_code: int) -> str:  # noqa: ARG001  all formats are called alike
    """Return what was found, the worst first, what is accepted, and what could not be known."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: LintAnswer) -> Iterator[str]:
    yield f"## torch-doctor lint: {counted(answer)} in {plural(len(answer.files), 'file')}"
    yield from (f"\n{escape(row)}" for row in change(answer))
    for flaw in sorted(answer.flaws, key=lambda flaw: -flaw.severity):
        yield from _flaw(flaw)
    if answer.ignored:
        yield from ("", "### Accepted", "")
        for flaw in answer.ignored:
            reason = f"{escape(flaw.reason)} ({code(flaw.accepted_in)})"
            yield f"- {code(_place(flaw))} {escape(flaw.problem)}: {reason}"
    if answer.unsure:
        yield from ("", f"{plural(len(answer.unsure), 'value')} could not be known.")


def _place(flaw: Flaw) -> str:
    return f"{flaw.spot.file}:{flaw.spot.line}"


def _flaw(flaw: Flaw) -> Iterator[str]:
    yield from ("", f"### {flaw.severity}: {escape(flaw.problem)}, {code(_place(flaw))}", "")
    if flaw.text.strip():
        yield from (code(flaw.text.strip()), "")
    yield escape(flaw.message)
    if flaw.fix or flaw.because or flaw.not_accepted:
        yield ""
    if flaw.not_accepted:
        yield f"- note: {escape(flaw.not_accepted)}"
    if flaw.fix:
        yield f"- fix: {escape(flaw.fix)}"
    for row in flaw.because:
        origin = f"{link(row.source)} ({escape(row.how)}, checked {escape(row.checked)})"
        yield f"- why: {code(row.row)}, {origin}"
