"""Who asks: the system, the place and the installer of the person (or program) that a cure is worded for."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.tuples import NamedTuple


class Person(NamedTuple):
    """Whom a cure is worded for, drawn from facts once.

    *system* is linux, windows, wsl, jetson or darwin; *container* is its engine as the facts name it; *distribution*
    is the ID of os-release, where commands for it would reach the driver's machine.
    """

    system: str = "linux"
    distribution: str | None = None
    container: str | None = None
    installer: str = "pip"
    python: str = "python"


def person_of(facts: Facts) -> Person:
    """Return who asks, as *facts* tell."""
    container: str | None = facts.value("container")
    return Person(
        system=_system(facts),
        distribution=None if container else facts.value("os_id"),
        container=container,
        installer=facts.value("torch_installer") or "pip",
        python=facts.value("python_executable") or "python",
    )


def _system(facts: Facts) -> str:
    if facts.value("wsl"):
        return "wsl"
    if facts.value("jetson"):
        return "jetson"
    return str(facts.value("os_family") or "linux")
