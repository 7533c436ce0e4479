"""The platform of a host, in the words of the law and of wheel names."""

from __future__ import annotations

import re
from functools import lru_cache

from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import regex

PROCESSORS = ("x86_64", "aarch64")

# GPU and processor in one package. The chips alone (GH100, GB202) are on boards for any processor.
_ON_ARM = regex(r"\b(?:GB10|GH200|GB[23]00|Orin|Xavier|Thor|Tegra)\b")


def platform_of(facts: Facts) -> str:
    """Return the platform as the law names it: linux, windows, wsl or jetson."""
    if facts.value("wsl"):
        return "wsl"
    if facts.value("jetson"):
        return "jetson"
    return str(facts.value("os_family", "linux"))


def wheel_platform(facts: Facts) -> str:
    """Return the platform as the rows of builds name it, such as linux-x86_64."""
    system = "windows" if facts.value("os_family") == "windows" else "linux"
    return f"{system}-{processor_of(facts)}"


def processor_of(facts: Facts) -> str:
    """Return the processor; where nobody names it, that of the GPUs which come with an Arm one, else x86_64."""
    if "host_arch" in facts:
        return str(facts.value("host_arch", "x86_64"))
    names = [gpu.name or "" for gpu in facts.value("gpus", ())]
    on_arm = bool(names) and all(map(_ON_ARM.search, names))
    return "aarch64" if on_arm and facts.value("os_family") != "windows" else "x86_64"


@lru_cache(256)
def glibc_of(text: str | None) -> tuple[int, ...] | None:
    """Return the release of glibc in texts such as ``glibc 2.35`` and ``GLIBC_2.28``."""
    match = re.fullmatch(r"(?:glibc |GLIBC_)?(\d+)\.(\d+)(?:\.\d+)*", text) if text else None
    return (int(match[1]), int(match[2])) if match else None
