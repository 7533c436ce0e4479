"""Packages whose metadata pins others to one version, and that is not the one that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.chosen import allows_version, full, known_release
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw, InstallStep, Requirement
from torch_doctor.matrix.builds.rows import Companion, CompanionBuild
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "companion-mismatch": "A package is asked for in a release that goes with another torch.",
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield pairs of one step that pip refuses; what the rows of companions say is told by them."""
    for setup in project.setups:
        for step in setup.steps:
            if step.tool in ("conda", "pixi") or "--no-deps" in step.flags:
                continue
            wanted = setup.wanted(step)
            if any(one.name == "torch" and one.pinned for one in wanted):
                yield from _pairs(wanted, step, setup.platform, project.matrix)


def _pairs(
    wanted: tuple[Requirement, ...], step: InstallStep, platform: str, matrix: Matrix
) -> Iterator[Flaw]:
    torch = next(one for one in wanted if one.name == "torch" and one.pinned)
    public = torch.pinned.partition("+")[0]
    if torch.url or not known_release(public, matrix):
        return
    for one in wanted:
        row = _build(one, platform, matrix)
        if row is None or matrix.select(Companion, package=one.name, version=row.version):
            continue
        assert row.torch is not None
        if allows_version(row.torch, full(public)):
            continue
        message = (
            f"{one.name} {row.version} pins torch {row.torch.lstrip('=')}, and torch {torch.pinned} is asked for "
            f"beside it: {step.tool} refuses the pair"
        )
        fix = f"ask for torch{row.torch}, or for another release of {one.name}"
        because = (receipt("companion_builds", row),)
        yield Flaw("companion-mismatch", Severity.ERROR, one.spot, message, fix, because)


def _build(one: Requirement, platform: str, matrix: Matrix) -> CompanionBuild | None:
    """Return the build that is asked for where every build of that release on *platform* pins one torch."""
    version = one.pinned.partition("+")[0]
    if not version or one.url or one.source or one.name == "torch":
        return None
    rows = [
        row
        for row in matrix.select(CompanionBuild, package=one.name, version=version)
        if row.platform in (platform, "any")
    ]
    pins = {row.torch for row in rows}
    pin = next(iter(pins), None) or ""
    return rows[0] if len(pins) == 1 and pin.startswith("==") and "," not in pin else None
