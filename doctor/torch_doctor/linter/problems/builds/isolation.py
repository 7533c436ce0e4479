"""Packages whose build imports torch, in an environment that pip makes without it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.mends import with_option
from torch_doctor.linter.project import AGAIN, LintProject, Setup
from torch_doctor.linter.record import EnvStep, Flaw, InstallStep, Requirement, RunStep
from torch_doctor.linter.requirement import wheel_named
from torch_doctor.matrix.builds.systems import SourceBuild
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "build-in-isolation": "A package whose build imports torch is built in isolation, where there is none.",
}
# Images of these Pythons come without setuptools and wheel.
_BARE = ("3.12", "3.13", "3.14", "3.15")
_OFF = frozenset({"--no-build-isolation", "--no-deps-build"})


_COMMANDS = ("dockerfile", "workflow", "script", "gitlab", "devcontainer")


def _new_pip(setup: Setup) -> bool:
    """Whether pip is new enough to isolate every build: old ones did not where setuptools and wheel are installed."""
    upgraded = any(one.name == "pip" for step in setup.steps for one in step.requirements)
    base = setup.base
    return upgraded or (base is not None and base.repository == "python" and setup.python in _BARE)


def built_from_source(one: Requirement, rows: tuple[SourceBuild, ...]) -> SourceBuild | None:
    """Return the row of a package that is compiled where it is installed; None for a wheel by address."""
    if wheel_named(one.url) is not None:
        return None
    name = one.name
    if not name and (
        match := re.search(r"github\.com/[\w.-]+/([\w.-]+?)(?:\.git)?(?:@|#|$)", one.url)
    ):
        name = match[1].lower().replace("_", "-").replace("pytorch-", "torch-")
    return next(
        (
            row
            for row in rows
            if row.package in (name, name.replace("flash-attention", "flash-attn"))
        ),
        None,
    )


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield them. Where a list stands alone, how it is installed is not known: then it is a warning."""
    for setup in project.setups:
        for step in setup.steps:
            if step.tool not in ("pip", "uv", "poetry", "pdm"):
                continue
            if _OFF & step.flags or _allowed(setup) or "lock" in setup.environment.kind:
                continue
            yield from _step(step, setup, project)


def _there(setup: Setup, step: InstallStep) -> set[str]:
    """Return what a step before has surely installed: whoever asks for it without a version gets no other."""
    parents = (one for one in setup.environment.parent if isinstance(one, InstallStep))
    before = (*parents, *setup.steps[: setup.steps.index(step)])
    return {one.name for each in before if not each.conditional for one in setup.wanted(each)}


def _is_all_known(setup: Setup, one: Requirement) -> bool:
    """Whether nothing outside of a file can have brought the package, or an index that has wheels of it."""
    if setup.environment.kind == "script":
        return _makes_its_own(setup)
    base = setup.base
    on_record = base is not None and bool(base.image or base.system)
    return bool(one.pinned or one.url) or setup.environment.image is None or on_record


def _makes_its_own(setup: Setup) -> bool:
    """Whether a script makes the environment that it installs into."""
    calls = (" ".join(one.words) for one in setup.environment.steps if isinstance(one, RunStep))
    return any(re.search(r"\b(?:uv|-m) venv\b|\bvirtualenv\b", call) for call in calls)


def _allowed(setup: Setup) -> bool:
    names = {s.name for s in setup.environment.all_steps if isinstance(s, EnvStep)}
    return bool(
        names & {"PIP_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION_PACKAGE"}
    )


def _step(step: InstallStep, setup: Setup, project: LintProject) -> Iterator[Flaw]:
    kind = setup.environment.kind
    table = (
        project.files[setup.environment.spot.file].written.project if kind == "pyproject" else None
    )
    there = _there(setup, step)
    for one in setup.wanted(step):
        row = built_from_source(one, project.matrix.source_builds)
        if row is None or not row.imports_torch:
            continue
        if row.package in there and not (one.pinned or one.url or AGAIN & step.flags):
            continue
        if step.flags & {f"unisolated:{row.package}", "unisolated:*"}:
            continue
        if row.wheels and (step.links or one.source):
            continue
        if any(
            re.search(rf"--no-build-isolation-package[= ]{row.package}", flag)
            for flag in step.flags
        ):
            continue
        sure = step.tool == "uv" or (kind in _COMMANDS and _new_pip(setup))
        sure &= _is_all_known(setup, one)
        message = (
            f"the build of {row.package} imports torch without asking for it: isolated, it has none"
        )
        fix = "install torch first, then this with --no-build-isolation"
        if step.tool == "uv" and table is not None:
            fix = f'add no-build-isolation-package = ["{row.package}"] to [tool.uv]'
        severity = Severity.ERROR if sure else Severity.WARNING
        mends = (
            with_option(one, "--no-build-isolation", project) if step.tool in ("pip", "uv") else ()
        )
        because = (receipt("source_builds", row),)
        yield Flaw("build-in-isolation", severity, one.spot, message, fix, because, mends=mends)
