"""How Fabric Manager is started, and which package has it. Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes

UNIT = "nvidia-fabricmanager"
# Who says so of the service has looked at it, on the host that owns the NVSwitches.
SERVICE_IS_DOWN = (
    r"(?i)\bfabric[ -]?manager\b.{0,24}"
    r"\b(?:dead|failed|inactive|stopped|down|not (?:running|active|started))\b"
)
_ASK = (
    "ask the provider or operator of the machine: Fabric Manager runs on the host that owns the "
    "NVSwitches, and only there can it be mended; or take another node"
)


def started(
    text: str, driver: DriverRelease | None, *, install: bool | None = False, lead: str = ""
) -> Action:
    """Return the start of Fabric Manager, which works with a driver of exactly its own release.

    It is put there first where *install* says so; None is where nobody knows whether it is there.
    """
    names = {}
    if driver is not None:
        exact = f"={driver}-*" if driver.text.count(".") > 1 else ""
        names = {
            "apt": f"'{UNIT}-{driver.branch}{exact}'",
            "dnf": f"nvidia-fabric-manager-{driver}",
        }
    package = f"{UNIT} of exactly the driver's release{f' {driver}' if driver else ''}"
    return fixes.start_service(
        UNIT, text, package=package, packages=names, install=install, lead=lead
    )


def by_its_owner(own: bool | None, driver: DriverRelease | None) -> list[Action]:
    """Return how it starts where its state is not known; *own*: whether this is the NVSwitch host, None: maybe."""
    lead = "" if own else "on a host of your own, "
    start = started("start Fabric Manager", driver, install=None, lead=lead)
    ask = fixes.by_hand(_ASK, scope="host", root=True)
    return [start] if own else [ask] if own is False else [ask, start]


def of_its_release(driver: DriverRelease | None) -> Action:
    """Return the install of Fabric Manager of the release of *driver*, to the last number."""
    restart = "sudo systemctl restart nvidia-fabricmanager"
    if driver is None:
        text = "install nvidia-fabricmanager of exactly the driver's release and start it again"
        return fixes.by_hand(text, restart, scope="host", root=True)
    whole = driver.text.count(".") > 1
    exact = f"='{driver}-*'" if whole else ""
    install = (
        f"sudo apt-get install nvidia-fabricmanager-{driver.branch}{exact}"
        f" || sudo dnf install nvidia-fabric-manager-{driver}{'' if whole else '*'}"
    )
    text = f"install nvidia-fabricmanager {driver}, the release of the driver to the last number, and start it again"
    return fixes.by_hand(text, install, restart, scope="host", root=True)
