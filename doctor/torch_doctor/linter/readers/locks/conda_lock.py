"""conda-lock.yml, by its blocks: what conda and pip get on Linux. The whole of it is megabytes of YAML."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import (
    UNKNOWN,
    AnyStep,
    Environment,
    InstallStep,
    Requirement,
    RunStep,
    Written,
)
from torch_doctor.linter.requirement import canonical
from torch_doctor.linter.text import SourceText, Spot

_NAME = regex(r"^[ ]{0,2}- name: ['\"]?([\w.-]+)['\"]?[ ]*$", re.MULTILINE)
_SYSTEMS = {
    "linux-64": "linux-x86_64",
    "linux-aarch64": "linux-aarch64",
    "osx-64": "macos",
    "osx-arm64": "macos",
    "win-64": "windows",
}
_TORCH = ("pytorch", "torch")


def read(source: SourceText) -> Written:
    """Return an environment for 64-bit Linux, and the systems that torch is locked for."""
    wanted: dict[str, list[Requirement]] = {"conda": [], "pip": []}
    systems: dict[str, set[str]] = {}
    places: dict[str, Spot] = {}
    heads = list(_NAME.finditer(source.text))
    line, counted, python = 1, 0, ""
    for place, match in enumerate(heads):
        line += source.text.count("\n", counted, match.start())
        counted = match.start()
        end = heads[place + 1].start() if place + 1 < len(heads) else len(source.text)
        block, spot = source.text[match.end() : end], Spot(source.path, line, 1)
        version, manager, platform = (
            _field(block, key) for key in ("version", "manager", "platform")
        )
        if not version or manager not in wanted or platform not in _SYSTEMS:
            continue
        if match[1] in _TORCH:
            systems.setdefault(version, set()).add(_SYSTEMS[platform])
            places.setdefault(version, spot)
        if platform == "linux-64":
            python = version if match[1] == "python" and manager == "conda" else python
            wanted[manager].append(_locked(match[1], version, manager, block, spot))
    locked = [
        RunStep(("locked", "torch", version, *sorted(found)), places[version])
        for version, found in systems.items()
    ]
    first = Spot(source.path, 1)
    steps: list[AnyStep] = [*locked, InstallStep("conda", first, tuple(wanted["conda"]))]
    if wanted["pip"]:
        steps.append(InstallStep("lock", first, tuple(wanted["pip"])))
    return (
        Written((Environment("conda_lock", first, python=python, steps=tuple(steps)),))
        if heads
        else Written()
    )


def _field(block: str, key: str) -> str:
    match = re.search(rf"^[ ]+{key}: ['\"]?([^'\"\n]+?)['\"]?[ ]*$", block, re.MULTILINE)
    return match[1] if match else ""


def _locked(name: str, version: str, manager: str, block: str, spot: Spot) -> Requirement:
    if manager == "pip":  # its address is of a file, and no index is written down
        source = UNKNOWN if "+" in version else ""
        return Requirement(canonical(name), f"=={version}", spot, source=source)
    address = re.search(
        r"^[ ]+url: https?://\S{1,200}?/([\w.-]+)/(?:linux-64|noarch)/", block, re.MULTILINE
    )
    return Requirement(canonical(name), f"=={version}", spot, source=address[1] if address else "")
