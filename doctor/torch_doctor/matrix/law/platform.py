"""The platform of a host, in the words of the law and of wheel names."""

from __future__ import annotations

import re

from torch_doctor.core.fact import Facts, Reason, Unavailable

PROCESSORS = ("x86_64", "aarch64")


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
    return f"{system}-{facts.value('host_arch', 'x86_64')}"


def possible_wheel_platforms(facts: Facts) -> list[str]:
    """Return every platform that the wheels may be of: more than one where a probe of system or processor failed.

    A report that nobody asked for them is read as the commonest, as everywhere: x86_64 under Linux.
    """
    systems = ["linux", "windows"] if is_lost("os_family", facts) else [""]
    archs = [*PROCESSORS] if is_lost("host_arch", facts) else [""]
    system, _, arch = wheel_platform(facts).partition("-")
    return [f"{one or system}-{other or arch}" for one in systems for other in archs]


def is_lost(name: str, facts: Facts) -> bool:
    """Whether somebody asked for a fact and got no value: no default may stand for it."""
    fact = facts[name]
    return isinstance(fact, Unavailable) and fact.reason is not Reason.NOT_ASKED


def glibc_of(text: str | None) -> tuple[int, ...] | None:
    """Return the release of glibc in texts such as ``glibc 2.35`` and ``GLIBC_2.28``."""
    match = re.fullmatch(r"(?:glibc |GLIBC_)?(\d+)\.(\d+)(?:\.\d+)*", text or "")
    return (int(match[1]), int(match[2])) if match else None
