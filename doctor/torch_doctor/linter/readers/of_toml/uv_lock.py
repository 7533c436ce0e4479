"""uv.lock, by the blocks of the packages that matter: a whole lock is megabytes."""

from __future__ import annotations

import re
from collections import Counter

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import Environment, InstallStep, Requirement, RunStep, Written
from torch_doctor.linter.text import SourceText, Spot

_BLOCK = regex(
    r"^\[\[package\]\]\nname = \"(torch|torchvision|torchaudio|triton)\"\n(?:(?!\[\[package\]\]).*\n?)*",
    re.MULTILINE,
)


def read(source: SourceText) -> Written:
    """Return the locked releases with the systems of their wheels, as steps ``locked NAME VERSION SYSTEM…``."""
    found: list[Requirement] = []
    wheels: list[RunStep] = []
    before, counted = 0, 0
    for match in _BLOCK.finditer(source.text):
        before += source.text.count("\n", counted, match.start())
        counted, line = match.start(), before + 2
        block, name = match[0], match[1]
        version = re.search(r"^version = \"([^\"]+)\"", block, re.MULTILINE)
        if version is None:
            continue
        spot = Spot(source.path, line, 1)
        registry = re.search(r"^source = \{ registry = \"([^\"]+)\"", block, re.MULTILINE)
        tags = set(re.findall(r"-([\w.]+)\.whl", block))
        systems = sorted({system_of(tag) for tag in tags})
        wheels.append(RunStep(("locked", name, version[1], *systems), spot))
        found.append(
            Requirement(name, f"=={version[1]}", spot, source=registry[1] if registry else "")
        )
    if not found:
        return Written()
    first = Spot(source.path, 1)
    # Several blocks of one name are for several platforms or extras: which, the markers of others say.
    blocks = Counter(one.name for one in found)
    single = [one for one in found if blocks[one.name] == 1]
    step = InstallStep("lock", first, tuple(single))
    return Written((Environment("uv_lock", first, steps=(*wheels, step)),))


def system_of(tag: str) -> str:
    """Return the system that the tag of a wheel's platform is for."""
    if "linux" in tag:
        return "linux-aarch64" if "aarch64" in tag else "linux-x86_64"
    return "macos" if "macos" in tag else "windows" if "win" in tag else "any"
