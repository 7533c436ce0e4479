"""Problems as annotations of GitHub Actions, the worst first: GitHub shows ten of a kind."""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line
from torch_doctor.render.formats.github import attribute, data
from torch_doctor.render.lint.words import rows

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(answer: LintAnswer, exit_code: int) -> str:  # noqa: ARG001  all formats are called alike
    """Return workflow commands, one a line."""
    ordered = sorted(answer.flaws, key=lambda flaw: -flaw.severity)
    return "".join(f"{_annotation(flaw)}\n" for flaw in ordered)


def _annotation(flaw: Flaw) -> str:
    place = f"file={attribute(one_line(flaw.spot.file))},line={flaw.spot.line}"
    column = f",col={flaw.spot.column}" if flaw.spot.column else ""
    kind = _KINDS[str(flaw.severity)]
    return f"::{kind} {place}{column},title={attribute(one_line(flaw.problem))}::{data(chr(10).join(rows(flaw)))}"
