"""Base images whose system, or whose Python, is at its end."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.systems import base_of
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Environment, Flaw, RunStep
from torch_doctor.matrix.images.names import Base
from torch_doctor.matrix.store import receipt

PROBLEMS = {"eol-base": "A base image is of a system or a Python that gets no updates any more."}
_INSTALLS = {"apt-get", "apt", "yum", "dnf", "microdnf"}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield bases that ended; an error where the servers that they are set to have no packages any more."""
    for setup in project.setups:
        image = setup.environment.image
        if image is None or image.role == "stage":
            continue
        base = base_of(image, project.matrix)
        if base is not None:
            yield from _ended(base, setup.environment, project)


def _ended(base: Base, environment: Environment, project: LintProject) -> Iterator[Flaw]:
    assert environment.image is not None
    spot, today = environment.image.spot, project.matrix.version
    row = base.system
    if row is not None and row.end_of_life and row.end_of_life < today:
        fails = row.archived and _installs(environment)
        message = f"{row.name} ended on {row.end_of_life}: it gets no updates"
        if fails:
            message += ", and its packages have left the servers that the image is set to, so installing fails"
        severity = Severity.ERROR if fails else Severity.WARNING
        fix = "start from a system that is supported"
        yield Flaw("eol-base", severity, spot, message, fix, (receipt("system_releases", row),))
        return
    if not base.repository.endswith("python"):
        return
    python = next((r for r in project.matrix.python_releases if r.version == base.python), None)
    if python is not None and len(python.end_of_life) == 10 and python.end_of_life < today:
        message = f"Python {python.version} ended on {python.end_of_life}"
        because = (receipt("python_releases", python),)
        yield Flaw("eol-base", Severity.WARNING, spot, message, "take a newer Python", because)


def _installs(environment: Environment) -> bool:
    """Whether packages of the system are installed from the servers that the image is set to."""
    steps = [step for step in environment.steps if isinstance(step, RunStep)]
    text = "\n".join(" ".join(step.words) for step in steps)
    if (
        "archive.debian.org" in text
        or "vault.centos.org" in text
        or "/etc/yum.repos.d" in text
        or "sources.list" in text
    ):
        return False
    return any(
        words[0] in _INSTALLS and ("install" in words or "update" in words)
        for step in steps
        if (words := [word for word in step.words if word != "sudo"])
    )
