"""How Fabric Manager is started, and which package has it. Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes

UNIT = "nvidia-fabricmanager"


def started(text: str, driver: DriverRelease | None, *, install: bool = False) -> Action:
    """Return the start of Fabric Manager, which works with a driver of exactly its own release."""
    names = {}
    if driver is not None:
        names = {
            "apt": f"'{UNIT}-{driver.branch}={driver}-*'",
            "dnf": f"nvidia-fabric-manager-{driver}",
        }
    package = f"{UNIT} of exactly the driver's release{f' {driver}' if driver else ''}"
    return fixes.start_service(UNIT, text, package=package, packages=names, install=install)
