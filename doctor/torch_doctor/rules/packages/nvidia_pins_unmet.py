"""NVIDIA library packages are not of the versions that torch pins.

What it checks
    torch's METADATA pins (nvidia-cudnn-cu12==9.10.2.21 …) against the packages that an import takes.
Why it matters
    torch was tested with those versions; an older library may lack symbols or kernels that torch calls.
How to fix
    Install the pinned versions again. pip replaces them when another package asks for other ones.
References
    https://pip.pypa.io/en/stable/cli/pip_check/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes.cures import Cures
from torch_doctor.rules.packages._pins import accepts, first_of_each, numbers, pins, wanted


@rule("TD515", severity="warning", cause="nvidia-pip-mismatch", about=("packages",))
def check(
    packages: tuple[Package, ...],
    requirements: tuple[str, ...],
    cures: Cures,
) -> Iterator[Draft]:
    installed = first_of_each(packages)
    unmet = [
        (pin, installed[pin.name])
        for pin in pins(requirements)
        if pin.name in installed and pin.name.startswith("nvidia-")
        if not accepts(pin, installed[pin.name].version)
    ]
    if not unmet:
        return
    older = [pin for pin, package in unmet if numbers(package.version) < numbers(wanted(pin))]
    words = [
        f"{package.name} {package.version} (torch pins {pin.accepts})" for pin, package in unmet
    ]
    specs = [f"{pin.name}{pin.accepts}" for pin, _ in unmet]
    yield finding(
        "packages",
        f"not what torch pins: {listing(words[:4])}{' and others' if len(words) > 4 else ''}",
        severity=Severity.WARNING if older else Severity.NOTE,
        fixes=[cures.put("install the pinned versions again", *specs)],
    )
