"""Packages of the system that its release does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.text import listing
from torch_doctor.linter.problems.builds.in_image import installed
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import Flaw, RunStep
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "apt-package-missing": "A package is installed that the release of the system does not have."
}
_OTHER_SOURCES = (
    r"add-apt-repository|deadsnakes|sources\.list|apt-key|\.list\b|\.sources\b|signed-by"
)


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield Pythons that Ubuntu or Debian do not have; where another source is added, nothing is said."""
    for setup in project.setups:
        system = setup.base.system if setup.base else None
        if system is None or system.python is None or not re.match(r"ubuntu|debian", system.name):
            continue
        if setup.environment.kind == "dockerfile" and not _adds_sources(setup):
            yield from _pythons(setup)


def _adds_sources(setup: Setup) -> bool:
    return any(
        isinstance(step, RunStep) and re.search(_OTHER_SOURCES, " ".join(step.words))
        for step in setup.environment.all_steps
    )


def _pythons(setup: Setup) -> Iterator[Flaw]:
    assert setup.base is not None
    system = setup.base.system
    assert system is not None
    assert system.python is not None
    there = (system.python, *system.more_pythons)
    for step in setup.environment.steps:
        names = installed(step) if isinstance(step, RunStep) else []
        for name in names:
            match = re.fullmatch(
                r"python(3\.\d{1,2})(?:-(?:dev|venv|full|distutils|minimal))?", name
            )
            if match is not None and match[1] not in there:
                message = f"{system.name} has no {name}: its Python is {listing(there, 'or')}"
                fix = "take a base with this Python, or a source that has it, such as uv or conda"
                because = (receipt("system_releases", system),)
                yield Flaw("apt-package-missing", Severity.ERROR, step.spot, message, fix, because)
                break
