"""What an operating system's name or a platform string says about the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text import values

_WINDOWS_BUILD = regex(r"\b10\.0\.(\d{5})\b")
_LINUX_IDS = (
    ("ubuntu", "ubuntu"),
    ("debian", "debian"),
    ("red hat", "rhel"),
    ("rhel", "rhel"),
    ("centos", "centos"),
    ("rocky", "rocky"),
    ("alma", "almalinux"),
    ("fedora", "fedora"),
    ("amazon linux", "amzn"),
    ("arch linux", "arch"),
    ("suse", "opensuse"),
    ("alpine", "alpine"),
    ("oracle linux", "ol"),
    ("manjaro", "manjaro"),
    ("pop!_os", "pop"),
    ("linux mint", "linuxmint"),
    ("nixos", "nixos"),
    ("eulers", "euleros"),
    ("euleros", "euleros"),
    ("gentoo", "gentoo"),
    ("pop!", "pop"),
    ("pop_os", "pop"),
    ("endeavouros", "endeavouros"),
    ("cachyos", "cachyos"),
    ("garuda", "garuda"),
    ("mint", "linuxmint"),
)


def from_os_name(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of an ``OS:`` line such as ``Ubuntu 22.04.4 LTS (x86_64)`` or ``Microsoft Windows 11 Home``."""
    name = one_line(text, 120)
    low = name.lower()
    if not name or low.startswith(("could not collect", "n/a", "none", "[")):
        return
    family = _family(low)
    if family is None:
        return
    yield Claim("os_family", family, line, seen)
    yield Claim("os_name", re.sub(r"\s*\((?:x86_64|aarch64|arm64|amd64)\)", "", name), line, seen)
    if family == "linux":
        yield from os_ids(low, line, seen)
    yield from _shared(name, line, seen)


def os_ids(low: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of the distributions that a name in small letters tells."""
    yield from (Claim("os_id", os_id, line, seen) for word, os_id in _LINUX_IDS if word in low)


def from_platform(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of ``Linux-5.15.0-1015-aws-x86_64-with-glibc2.35``, ``Windows-10-…``, ``macOS-14…`` or ``linux``."""
    low = text.lower()
    family = _family(low)
    if family:
        yield Claim("os_family", family, line, seen)
    release = re.match(r"Linux-(\S{3,80}?)(?:-(?:x86_64|aarch64|ppc64le))?(?:-with-|$|\s)", text)
    if release:
        yield Claim(
            "kernel_release",
            release[1].removesuffix("-x86_64").removesuffix("-aarch64"),
            line,
            seen,
        )
    libc = values.glibc(text)
    if libc:
        yield Claim("libc", libc, line, seen, implied=True)
    yield from _shared(text, line, seen)


def _shared(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    low = text.lower()
    arch = values.host_arch(text)
    if arch:
        yield Claim("host_arch", arch, line, seen)
    if "microsoft" in low and ("wsl" in low or "standard" in low) and "windows" not in low:
        yield Claim("wsl", True, line, seen)
        yield Claim("os_family", "linux", line, seen)
    if "tegra" in low:
        yield Claim("jetson", "L4T", line, seen, implied=True)
    build = _WINDOWS_BUILD.search(text)
    if build and "linux" not in low:
        yield Claim("windows_build", int(build[1]), line, seen)


def _family(low: str) -> str | None:
    if "windows" in low or low.startswith(("win32", "win64")):
        return "windows"
    if any(word in low for word in ("macos", "mac os", "darwin", "os x", "osx")):
        return "darwin"
    if "linux" in low or any(word in low for word, _ in _LINUX_IDS):
        return "linux"
    return None
