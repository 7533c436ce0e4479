"""Problems as a report of GitLab's Code Quality, which shows them beside the lines of a merge request."""

from __future__ import annotations

from hashlib import sha256

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.render.lint.words import rows

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(answer: LintAnswer, exit_code: int) -> str:  # noqa: ARG001  all formats are called alike
    """Return a list of problems. What is accepted is not among them: the form has no word for it."""
    import json

    met: dict[str, int] = {}
    return json.dumps([_issue(flaw, met) for flaw in answer.flaws], indent=2) + "\n"


def _issue(flaw: Flaw, met: dict[str, int]) -> dict[str, Any]:
    return {
        "description": one_line(" ".join(rows(flaw)), 4000),
        "check_name": flaw.problem,
        "fingerprint": _fingerprint(flaw, met),
        "severity": _SEVERITIES[str(flaw.severity)],
        "location": {
            "path": one_line(flaw.spot.file).removeprefix("./"),
            "lines": {"begin": flaw.spot.line},
        },
    }


def _fingerprint(flaw: Flaw, met: dict[str, int]) -> str:
    """Return what tells a problem from others, also when lines move: its file, its line's text, and which one it is."""
    key = f"{flaw.problem}\0{flaw.spot.file}\0{flaw.text.strip()}"
    met[key] = met.get(key, 0) + 1
    return sha256(f"{key}\0{met[key]}".encode("utf-8", "backslashreplace")).hexdigest()
