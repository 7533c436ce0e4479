"""Wheels that are named by address, and were built for another Python or another torch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import regex
from torch_doctor.linter.evaluate.chosen import full
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, Flaw, InstallStep, Requirement
from torch_doctor.linter.requirement import WheelFile, wheel_named
from torch_doctor.matrix.rows import Image
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "wheel-for-another-python": "A wheel is named that was built for another Python than the environment has.",
    "wheel-for-another-torch": "A wheel is named that was built for another torch than is asked for.",
}

# A part of an address that says for which torch its wheels are: torch-2.2.0+cu121.html, torch-2.1/cu121, torch2.0.
_OF_A_TORCH = regex(r"/torch[-_]?(\d\.\d{1,2})(?:\.\d{1,2})?(?:(?:\+|%2B)\w+)?(?:\.html|/|$)")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield wheels by address that do not fit what is around them."""
    for setup in project.setups:
        for step in setup.steps:
            for one in setup.wanted(step):
                wheel = wheel_named(one.url) if one.url and UNKNOWN not in one.url else None
                if wheel is None and "+" in one.pinned and one.name != "torch":
                    yield from _torch(one, WheelFile(one.name, one.pinned, "", "", ""), setup)
                if wheel is not None:
                    yield from _python(one, wheel, setup)
                    yield from _torch(one, wheel, setup)
            yield from _pages(step, setup)


def _python(one: Requirement, wheel: WheelFile, setup: Setup) -> Iterator[Flaw]:
    match = re.fullmatch(r"cp3(\d{1,2})", wheel.python)
    if match is None or not setup.python or "python_version" in one.marker:
        return
    built, there = int(match[1]), int(setup.python.partition(".")[2])
    stable = wheel.abi.startswith("abi3")
    if (there < built) if stable else (there != built):
        message = (
            f"this wheel is for Python 3.{built}, and Python is {setup.python}: pip refuses it"
        )
        fix = f"name the wheel for cp3{there}"
        yield Flaw("wheel-for-another-python", Severity.ERROR, one.spot, message, fix)


def _pages(step: InstallStep, setup: Setup) -> Iterator[Flaw]:
    """Yield pages of wheels for another torch than the environment has, as those of PyG and DGL."""
    others = [one for one in setup.wanted(step) if one.name != "torch" and not one.url]
    found = _pinned(setup)
    if found is None or not others or step.conditional:
        return
    have = ".".join(full(found[0]).split(".")[:2])
    because = (receipt("images", found[1]),) if found[1] else ()
    for page in step.links:
        match = _OF_A_TORCH.search(page.url)
        if match is not None and UNKNOWN not in page.url and have != match[1]:
            message = f"this page has wheels for torch {match[1]}, and torch is {found[0]}: their symbols are not found"
            fix = f"name the page for torch {have}"
            yield Flaw("wheel-for-another-torch", Severity.ERROR, page.spot, message, fix, because)


def _torch(one: Requirement, wheel: WheelFile, setup: Setup) -> Iterator[Flaw]:
    match = re.search(r"(?:torch|\bpt)-?(\d)\.?(\d{1,2})(?![\d])", wheel.version)
    if match is None or wheel.name == "torch":
        return
    built = f"{match[1]}.{match[2]}"
    found = _pinned(setup)
    if not found:
        return
    have = ".".join(full(found[0]).split(".")[:2])
    if have != built:
        message = f"this wheel was built for torch {built}, and torch is {found[0]}: its symbols are not found"
        fix = f"name the wheel for torch {have}"
        because = (receipt("images", found[1]),) if found[1] else ()
        yield Flaw("wheel-for-another-torch", Severity.ERROR, one.spot, message, fix, because)


def _pinned(setup: Setup) -> tuple[str, Image | None] | None:
    """Return the torch that an environment has for sure: the last one, where it is pinned, else that of its image."""
    versions = []
    for step in setup.environment.all_steps:
        if isinstance(step, InstallStep):
            for one in setup.wanted(step):
                wheel = wheel_named(one.url) if one.url else None
                if one.name == "torch":
                    version = wheel.version if wheel else one.pinned
                    versions.append("" if step.conditional else version)
    if versions:
        return (versions[-1].partition("+")[0], None) if versions[-1] else None
    image = setup.base.image if setup.base else None
    if image is not None and image.torch and image.family == "pytorch":
        return image.torch, image
    return None
