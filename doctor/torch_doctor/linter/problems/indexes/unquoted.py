"""Requirements whose sign a shell takes for a redirection."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.mends import Mends
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Edit, Flaw, InstallStep
from torch_doctor.linter.text import Spot

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
                yield Flaw(
                    *("unquoted-specifier", severity, spot, message, "quote the requirement"),
                    mends=_quoted(step, spot, project),
                )


def _quoted(step: InstallStep, spot: Spot, project: LintProject) -> Mends:
    """Every requirement of a line in quotes, unless one stands in quotes of another shell or format already."""
    line = project.files[spot.file].text.line(spot.line)
    edits = []
    for text in dict.fromkeys(text for text, at in step.redirected if at.line == spot.line):
        name = r"(?<![\w.-])[A-Za-z0-9][\w.-]*(?:\[[\w,-]*\])?"
        found = re.findall(rf"{name} ?{re.escape(text)}(?![\w.])[\w.,<>=!~*+]*", line)
        edits += [Edit(spot, one, f"'{one}'") for one in dict.fromkeys(found)]
    return (tuple(edits),) if edits and "'" not in line else ()
