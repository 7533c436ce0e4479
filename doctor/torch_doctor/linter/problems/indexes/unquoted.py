"""Requirements whose sign a shell takes for a redirection."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw

PROBLEMS = {
    "unquoted-specifier": "A requirement with < or > stands unquoted in a shell: its limit goes to a file.",
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield calls of installers whose words a shell cuts."""
    for setup in project.setups:
        for step in setup.steps:
            for text, spot in step.redirected:
                name = text.lstrip("<>")
                message = f"the shell takes {text} for a file named {name!r}: the limit is not seen by {step.tool}"
                severity = Severity.WARNING
                if text.startswith("<"):
                    message = f"the shell reads {text} as input from a file {name!r}: it finds none, and stops"
                    severity = Severity.ERROR
                yield Flaw("unquoted-specifier", severity, spot, message, "quote the requirement")
