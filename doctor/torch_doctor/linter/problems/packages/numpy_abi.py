"""NumPy 2 beside a torch that was built for NumPy 1."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.chosen import allows_version, full, known_release, parsed
from torch_doctor.linter.mends import limited
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, Flaw, Requirement
from torch_doctor.matrix.store import receipt

PROBLEMS = {"numpy-abi": "NumPy 2 is let in beside a torch that was built for NumPy 1."}
_NUMPY_2 = ("2.0.0", "2.2.6", "2.4.0")
_FIRST_PYTHON = "3.9"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield environments whose torch is pinned, and whose NumPy may be one that it does not work with."""
    for setup in project.setups:
        if setup.python and parsed(setup.python) < parsed(_FIRST_PYTHON):
            continue  # NumPy 2 has no wheels for it
        yield from _setup(setup, project)


def _setup(setup: Setup, project: LintProject) -> Iterator[Flaw]:
    torches = [
        (one, one.version)
        for one in setup.chosen
        if one.version and not one.requirement.marker and known_release(one.version, project.matrix)
    ]
    if not torches:
        return
    version = full(torches[-1][1])
    pins = [torches[-1][0].requirement.pinned]
    row = next((r for r in project.matrix.numpy_abi if allows_version(r.torch, version)), None)
    if row is None or allows_version(row.numpy, "2.0.0") or not pins[0]:
        return
    asked = [r for step in setup.steps for r in setup.wanted(step) if r.name == "numpy"]
    limits = [r for step in setup.steps for r in step.constraints if r.name == "numpy"]
    if not asked or any(not _allows(one) for one in (*asked, *limits)):
        return
    one = asked[-1]
    what = f"numpy {one.specifier}" if one.specifier else "numpy without a limit"
    message = f"{what} brings NumPy 2, and torch {version} was built for NumPy 1: arrays and tensors are not exchanged"
    because = (receipt("numpy_abi", row),)
    yield Flaw(
        *("numpy-abi", Severity.WARNING, one.spot, message, 'ask for "numpy<2"', because),
        mends=limited(one, "<2", project) if not one.specifier else (),
    )


def _allows(one: Requirement) -> bool:
    if one.url or UNKNOWN in one.specifier:
        return False
    return any(allows_version(one.specifier, version) for version in _NUMPY_2) or (
        one.pinned.startswith("2.")
    )
