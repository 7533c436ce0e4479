"""Requirements that point at a file of the machine on which a list was frozen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw

PROBLEMS = {
    "requirement-local-path": "A requirement points at a path of the machine where the list was written.",
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield addresses with file: in lists of requirements."""
    for setup in project.setups:
        if setup.environment.kind not in (
            "requirements",
            "pyproject",
            "dockerfile",
            "workflow",
            "conda",
        ):
            continue
        for step in setup.steps:
            for one in step.requirements:
                if re.match(r"file:///(?!\$)", one.url) and not re.match(r"file:///?\.", one.url):
                    message = f"{one.name} comes from a path that is on no other machine: {one.url}"
                    fix = f"write {one.name}==VERSION"
                    yield Flaw("requirement-local-path", Severity.ERROR, one.spot, message, fix)
