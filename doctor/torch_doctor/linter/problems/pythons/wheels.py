"""Wheels that do not exist for the Python, or the C library, of where they are installed."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.text import listing
from torch_doctor.linter.evaluate.chosen import Chosen, allows_version, full, known_release
from torch_doctor.linter.evaluate.pythons import tag
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, Flaw
from torch_doctor.matrix.builds.rows import TorchBuild, TorchRelease
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "python-without-wheels": "A release of torch is asked for that has no wheels for the Python of the environment.",
    "musl": "torch is installed on a system with musl, for which there are no wheels.",
    "glibc-too-old": "A wheel of torch needs a newer C library than the base image has.",
}
_INSTALLERS = ("pip", "uv", "poetry", "pdm")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what an installer refuses for the Python or the system that is there."""
    for setup in project.setups:
        for chosen in setup.chosen:
            if chosen.step.tool not in _INSTALLERS:
                continue
            yield from _python(chosen, setup, project.matrix)
            yield from _libc(chosen, setup)
        if setup.environment.requires_python and setup.chosen:
            yield from _required(setup, project.matrix)


def _python(chosen: Chosen, setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    if not chosen.no_python or not setup.python:
        return
    wanted = chosen.requirement
    version = wanted.pinned.partition("+")[0]
    rows = (
        matrix.select(TorchBuild, torch=full(version), platform=setup.platform) if version else ()
    )
    served = sorted(
        {t for row in rows for t in row.python_tags or ()},
        key=lambda t: int(t[3:].rstrip("mt") or 0),
    )
    words = f"torch {version}" if version else f"a torch {wanted.specifier}"
    message = f"{words} has no wheel for Python {setup.python}"
    if served:
        message += f": it has them for {_spoken(served)}"
    because = tuple(receipt("torch_builds", row) for row in rows[:1])
    fix = "take a Python that it has wheels for, or a release that has wheels for this one"
    yield Flaw("python-without-wheels", Severity.ERROR, wanted.spot, message, fix, because)


def _spoken(tags: list[str]) -> str:
    plain = [f"3.{one[3:]}" for one in tags if not one.endswith(("m", "t"))]
    return f"{plain[0]} to {plain[-1]}" if len(plain) > 1 else listing(plain)


def _libc(chosen: Chosen, setup: Setup) -> Iterator[Flaw]:
    system = setup.base.system if setup.base else None
    if system is None or chosen.requirement.url:
        return
    because = (receipt("system_releases", system),)
    spot = chosen.requirement.spot
    if system.libc == "musl":
        message = "torch has no wheels for musl, the C library of Alpine, and no source that pip can build"
        fix = "start from an image of Debian or Ubuntu, such as python:3.12-slim"
        yield Flaw("musl", Severity.ERROR, spot, message, fix, because)
        return
    needed = chosen.row.glibc if chosen.row else None
    if needed is None or system.glibc is None or not chosen.requirement.pinned:
        return
    if _numbers(system.glibc) < _numbers(needed):
        assert chosen.row is not None
        message = f"this wheel of torch needs glibc {needed}, and {system.name} has {system.glibc}"
        also = (*because, receipt("torch_builds", chosen.row))
        yield Flaw(
            "glibc-too-old", Severity.ERROR, spot, message, "start from a newer system", also
        )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _required(setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    """What a project says of Python against its torch: resolvers look at every Python that it lets in."""
    requires = setup.environment.requires_python
    if UNKNOWN in requires:
        return
    chosen = next(
        (c for c in setup.chosen if c.requirement.pinned and not c.requirement.marker), None
    )
    if chosen is None or not known_release(chosen.version, matrix):
        return
    version = full(chosen.version)
    allowed = [
        r.version for r in matrix.python_releases if allows_version(requires, f"{r.version}.99")
    ]
    rows = matrix.select(TorchBuild, torch=version, platform=setup.platform)
    served = {t for row in rows for t in row.python_tags or ()}
    because = tuple(receipt("torch_builds", row) for row in rows[:1])
    if allowed and served and not any(tag(one) in served for one in allowed):
        message = (
            f"torch {version} has no wheel for any Python that requires-python lets in ({requires})"
        )
        fix = "take a newer torch, or let in a Python that it has wheels for"
        yield Flaw(
            "python-without-wheels", Severity.ERROR, chosen.requirement.spot, message, fix, because
        )
        return
    if chosen.step.tool in ("uv", "poetry", "pdm"):
        yield from _resolved(setup, chosen, allowed, matrix)


def _resolved(setup: Setup, chosen: Chosen, allowed: list[str], matrix: Matrix) -> Iterator[Flaw]:
    """A resolver that wants one solution for every Python finds none for those that torch leaves out."""
    version = full(chosen.version)
    release = next(iter(matrix.select(TorchRelease, version=version)), None)
    wanted = release.requires_python if release else None
    outside = [one for one in allowed if wanted and not allows_version(wanted, f"{one}.99")]
    if release is None or not wanted or not outside:
        return
    message = (
        f"requires-python lets in Python {outside[0]}, and torch {version} asks for {wanted}: "
        f"{chosen.step.tool} finds no solution for all of them"
    )
    fix = f"raise requires-python to {wanted.removesuffix('.0')}"
    spot = setup.environment.python_spot or chosen.requirement.spot
    because = (receipt("torch_releases", release),)
    yield Flaw("python-without-wheels", Severity.ERROR, spot, message, fix, because)
