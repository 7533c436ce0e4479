"""Words: "torch 2.1 (cu118) on an RTX 3090, driver 535.54": hints that count where nothing better is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from torch_doctor.core.records import Package
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.prose import (
    circumstances,
    containers,
    cpu_builds,
    devices,
    drivers,
    east_asian,
    people,
    remarks,
    schedulers,
    surroundings,
    wishes,
)
from torch_doctor.pastes.prose.comparisons import is_of_another
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_TORCH = re.compile(
    r"(?<![\w./-])(?:py)?torch(?:\s?version|\s?版本)?\s{0,3}(?:(?:is|=|==|:|@|v|version|\(|built:?)\s{0,3}){0,3}[`'\"*]{0,3}v?(\d{1,2}\.\d{1,3}[\w.+]{0,40})",
    re.IGNORECASE,
)
_PAIRED = re.compile(
    r"(?<![\w-])(?:py)?torch(?!audio|vision|text|data)[^\n]{0,6}?\d[\w.+]{1,30}[^\w\n]{1,4}(?:with |for |built (?:for|with) )?(?:cuda|CUDA|cu)[ =:-]{0,3}(\d{1,2}\.\d{1,2}|\d{3})\b",
    re.IGNORECASE,
)
# An item of a list of versions that has nothing but CUDA: "- CUDA 11.8".
_LISTED = re.compile(
    r"^\W{0,6}(?:\[[^\]\n]{1,40}\]\s{0,3})?cuda(?:\s{1,3}version)?[\s:=]{1,20}v?(\d{1,2}\.\d)\W{0,3}$",
    re.IGNORECASE,
)
# conda's package of CUDA, which torch of conda was built for: "my cudatoolkit is 11.1", "cudatoolkit==10.2.89".
_TOOLKIT_OF_CONDA = re.compile(
    r"(?<![\w-])cudatoolkit(?:'s)?(?:\s?(?:version|版本))?[\s:=(`*]{0,6}(?:is|was|are|为|是|v)?[\s:=`*]{0,4}(\d{1,2}\.\d)(?![\w])",
    re.IGNORECASE,
)
_NEAR = 4  # lines between an item and torch's
_CONDA_CPU = re.compile(
    r"(?<![\w-])pytorch[ =-]{1,30}\d[\w.]{1,20}[ =|]{1,30}(?:cpu_|py\d[\d.]{0,5}_cpu_)\w+",
    re.IGNORECASE,
)
_PYTHON = re.compile(
    r"(?<![\w./-])python(?:\s?version)?[\s:=`*-]{1,4}v?([23]\.\d{1,2}(?:\.\d{1,2})?)(?![\w-])|\bpy(?:thon)?(3\.\d{1,2})\b|[\\/]Python(3)(\d{1,2})[\\/]",
    re.IGNORECASE,
)
_LIBRARY = re.compile(
    r"(?<![\w./-])(torchvision|torchaudio|triton|numpy|vllm|flash[_-]attn|xformers|bitsandbytes|deepspeed|transformers|mmcv)\s{0,2}(?:==|:|=|v|version)?\s{0,2}v?(\d{1,2}(?:\.\d{1,4}){1,2}(?:\.(?:post|dev)\d{1,8})?(?:[a-z+][\w.+]{0,30})?)(?![\w%…]|\.\.)",
    re.IGNORECASE,
)
_OS = re.compile(
    r"(?<![A-Za-z0-9_])(Win(?:dows)? ?(?:1[01]|[78])(?![A-Za-z0-9_.])|Windows ?(?:\d{1,2}|Server \d{4})|Ubuntu[ :-]?\d\d\.\d\d(?:\.\d)?|Debian(?: GNU/Linux)?[ :-]?\d{1,2}|CentOS(?: Linux)?[ -]?\d|RHEL ?\d(?:\.\d)?|Red Hat Enterprise Linux \d(?:\.\d)?|Fedora ?\d\d|Arch Linux|Rocky Linux \d|macOS ?\d{0,2}(?:\.\d{1,2})?|Mac OS X|Amazon Linux \d)",
    re.IGNORECASE,
)
_WSL = re.compile(r"windows subsystem|wsl", re.IGNORECASE)
# Archives made by a Mac have a folder __MACOSX; "not supported in Windows or MacOS" names what it could be.
_DARWIN = re.compile(r"-darwin\.so\b|(?<!__)macos", re.IGNORECASE)
_OTHER_SYSTEMS = re.compile(
    r"\b(?:Windows|Linux)\b(?:,? (?:or|and)|\s?[,/|&]) (?:on )?mac ?OS|\bmac ?OS(?:,? (?:or|and)|\s?[,/|&]) (?:on )?(?:Windows|Linux)\b",
    re.IGNORECASE,
)
# Kernels and tools that one family of distributions has tell which it is.
_PACKAGING = re.compile(
    r"\b(linux-cachyos|linux-zen|linux-lts|linux-hardened|pacman|makepkg|akmods?)\b", re.IGNORECASE
)
_DISTRIBUTIONS = {
    "linux-cachyos": "cachyos",
    **dict.fromkeys(("linux-zen", "linux-lts", "linux-hardened", "pacman", "makepkg"), "arch"),
    **dict.fromkeys(("akmod", "akmods"), "fedora"),
}
_L4T = re.compile(
    r"\bL4T\s{0,3}(R?\d\d\.\d(?:\.\d)?)|# R(\d\d) \(release\), REVISION: (\d\.\d)|\b(JetPack)[ :]{1,3}(\d\.\d(?:\.\d)?)",
    re.IGNORECASE,
)
_JETSON = re.compile(
    r"\b((?<![-/])Jetson(?: AGX| NX| TX1| Orin| Xavier| Nano| TX2| Thor| device| board)?(?![-_ ]?(?:containers?|inference|stats|utils))|AGX Orin|AGX Xavier|Xavier NX|Orin NX|Orin Nano|JetPack\s?\d?)\b",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"(?<![\w-])(?:py)?torch(?!audio|vision|text|data)[^\n]{0,40}?\+\s?((?:cu\d{2,3}|cpu|rocm[\d.]{1,6}))\b",
    re.IGNORECASE,
)
_WINDOWS = re.compile(
    r"(?<![A-Za-z])(?:[A-Z]:|[c-e]:(?=\\[A-Za-z]))\\|\bWindows\b|win_amd64|win-64|win32"
)
_WSL_WINDOWS = re.compile(r"\b10\.0\.(\d{5})\b")


def read(paste: Paste, known: AbstractSet[str]) -> Iterator[Claim]:
    """Yield hints about the facts that are not *known* from anything better."""
    if not {"torch_version", "torch_cuda"} <= known:
        yield from _torch(paste)
    if not {"driver_release", "driver_cuda"} <= known:
        yield from drivers.read(paste)
    if "python_version" not in known:
        for needs in ("python", "py3"):
            for match, line in paste.find(_PYTHON, needs, 100):
                found = match[1] or match[2] or f"{match[3]}.{match[4]}"
                yield from torch_words.python_version(found, line, Seen.WORDS)
    if "packages" not in known:
        yield from _libraries(paste)
    yield from _host(paste, known)
    yield from devices.read(paste, named="gpus" in known)
    yield from surroundings.read(paste)
    yield from containers.read(paste)
    yield from circumstances.read(paste)
    yield from schedulers.read(paste)
    yield from east_asian.read(paste)
    yield from remarks.read(paste)
    yield from people.read(paste)
    yield from wishes.read(paste)
    yield from cpu_builds.read(paste)


def _torch(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_TORCH, "torch", 300):
        if not is_of_another(match):
            yield from torch_words.version(match[1], line, Seen.WORDS)
    for match, line in paste.find(_TAG, "torch", 300):
        if not is_of_another(match):
            yield from implied(torch_words.variant(match[1], line, Seen.WORDS))
    for _, line in paste.find(_CONDA_CPU, "cpu", 20):
        yield from torch_words.variant("cpu", line, Seen.WORDS)
        yield Claim("torch_installer", "conda", line, Seen.WORDS)
    for index, text in paste.with_("cuda", 60):
        item = _LISTED.match(text)
        if item and any(map(_TORCH.search, paste.lines[max(0, index - _NEAR) : index + _NEAR + 1])):
            yield Claim("listed_cuda", values.cuda(item[1]), paste.number(index), Seen.WORDS)
    for match, line in paste.find(_TOOLKIT_OF_CONDA, "cudatoolkit", 20):
        if not is_of_another(match):
            yield Claim("listed_cuda", values.cuda(match[1]), line, Seen.WORDS)
    for match, line in paste.find(_PAIRED, "torch", 100):
        found = values.cuda(match[1]) if "." in match[1] else values.cuda_from_tag(f"cu{match[1]}")
        if found:
            yield from torch_words.build_cuda(str(found), line, Seen.WORDS)


def _libraries(paste: Paste) -> Iterator[Claim]:
    for needs in (
        "torchvision",
        "torchaudio",
        "triton",
        "numpy",
        "vllm",
        "flash",
        "xformers",
        "bitsandbytes",
        "deepspeed",
        "transformers",
        "mmcv",
    ):
        for match, line in paste.find(_LIBRARY, needs, 30):
            name = match[1].lower().replace("_", "-")
            yield Claim("packages", Package(name, match[2].rstrip("._")), line, Seen.WORDS)


def _host(paste: Paste, known: AbstractSet[str]) -> Iterator[Claim]:
    if "os_family" not in known:
        yield from _system(paste)
    for needs in ("l4t", "(release), revision", "jetpack"):
        for match, line in paste.find(_L4T, needs, 3):
            release = match[1] or (
                f"R{match[2]}.{match[3]}" if match[2] else f"{match[4]} {match[5]}"
            )
            yield Claim("jetson", release, line, Seen.BANNER)
    for needs in ("jetson", "xavier", "orin", "jetpack"):
        for match, line in paste.find(_JETSON, needs, 3):
            yield Claim("jetson", one_line(match[1], 40), line, Seen.WORDS)
            yield Claim("host_arch", "aarch64", line, Seen.WORDS)
    for index, text in paste.with_("wsl", 20):
        if re.search(r"\bWSL ?[12]?\b|wsl[2]?\b", text):
            yield Claim("wsl", True, paste.number(index), Seen.WORDS)
    for index, _ in paste.with_("windows subsystem for linux", 3):
        yield Claim("wsl", True, paste.number(index), Seen.WORDS)
        yield Claim("os_family", "linux", paste.number(index), Seen.WORDS)
    for match, line in paste.find(_WSL_WINDOWS, "10.0.", 3):
        yield Claim("windows_build", int(match[1]), line, Seen.WORDS)


def _system(paste: Paste) -> Iterator[Claim]:
    for needs in (
        "win",
        "ubuntu",
        "debian",
        "centos",
        "rhel",
        "red hat",
        "fedora",
        "arch linux",
        "rocky",
        "macos",
        "mac os",
        "amazon linux",
    ):
        for match, line in paste.find(_OS, needs, 3):
            name = re.sub(r"(?i)^win ?(?=\d)", "Windows ", match[1])
            if name[:3].lower() == "mac" and _OTHER_SYSTEMS.search(match.string):
                continue
            yield from host_words.from_os_name(name, line, Seen.WORDS)
    for needs in ("c:\\", "d:\\", "e:\\", "windows", "win_amd64", "win-64", "win32"):
        for index, text in paste.with_(needs, 2):
            if _WINDOWS.search(text) and not (_WSL.search(text) or _OTHER_SYSTEMS.search(text)):
                yield Claim("os_family", "windows", paste.number(index), Seen.TRACE)
    for needs in ("linux-", "pacman", "makepkg", "akmod"):
        for match, line in paste.find(_PACKAGING, needs, 3):
            slug = _DISTRIBUTIONS[match[1].lower()]
            yield Claim("os_id", slug, line, Seen.TRACE, implied=True)
            yield Claim("os_family", "linux", line, Seen.TRACE)
    for needs in ("-darwin.so", "macos"):
        for match, line in paste.find(_DARWIN, needs, 3):
            if not _OTHER_SYSTEMS.search(match.string):
                yield Claim("os_family", "darwin", line, Seen.WORDS)
                break
    for index, _ in paste.with_("manylinux", 1):
        yield Claim("os_family", "linux", paste.number(index), Seen.TRACE)
