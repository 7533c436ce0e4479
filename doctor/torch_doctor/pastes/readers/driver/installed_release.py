"""The driver's release in what systems list: packages, kernel modules, names of libraries, desktop tools, node labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelModule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_R = r"(\d{3}(?:\.\d{1,4}){1,2})(?![\d.])"
_PARTS = r"(?:driver|utils|dkms|open|open-dkms|kernel-\w+|compute-utils|settings|libs|smi|lts|beta|cuda|modprobe)"
# What is installed by a package manager; the lines of what could be had are left out below.
_PACKAGES = tuple(
    (needs, regex(form, 0, named))
    for needs, form, named in (
        # of dpkg -l ("ii"), and of apt list
        (
            "nvidia-",
            rf"\b(?:lib)?nvidia-[a-z][\w-]{{2,40}}(?:/\S{{1,60}})?\s{{1,40}}(?:\d:)?{_R}-\d",
            (),
        ),
        # "akmod-nvidia-550.90.07-1.fc40", "nvidia-driver-550.90.07-1.el9", "kmod-nvidia-latest-dkms-535.86.10-1.el8"
        (
            "nvidia",
            rf"\b(?:akmod-nvidia|kmod-nvidia|xorg-x11-drv-nvidia|nvidia-driver|nvidia-open|cuda-drivers|nvidia-kmod-common)(?:-[a-z]\w{{1,14}}){{0,3}}-(?:\d:)?{_R}-\d",
            (
                "kmod-nvidia",
                "drv-nvidia",
                "nvidia-driver",
                "nvidia-open",
                "cuda-drivers",
                "nvidia-kmod",
            ),
        ),
        # pacman -Q: "nvidia-utils 550.78-1"
        ("nvidia", rf"^\W{{0,4}}(?:local/|extra/)?nvidia(?:-{_PARTS}){{0,3}} {_R}-\d", ()),
    )
)
_NOT_INSTALLED = regex(
    r"^\W{0,4}(?:rc|un|pn)\s|\b(?:candidate|removing|removed|available)\b|\[(?:upgradable|residual)",
    re.IGNORECASE,
)
# What dkms status says, in its forms.
_DKMS = regex(
    rf"\bnvidia(?:-srv|-open)?(?:/|, ?){_R}, ?\S{{3,60}}, ?(?:x86_64|aarch64)\s?: ?installed",
    0,
    ("installed",),
)
_INXI = regex(rf"\bdriver:? nvidia v: ?{_R}", re.IGNORECASE)
_OPENGL = regex(rf"OpenGL (?:core profile )?version string: .{{1,40}} NVIDIA {_R}")
_LOADING = regex(
    rf"(?:loading NVIDIA UNIX (?:\w+ )?(Open )?.{{0,24}}?Kernel M\w+|Kernel Mode Setting Driver for (?:UNIX|x86)\S{{0,20}}(?: platforms)?)\s{{1,4}}{_R}",
    re.IGNORECASE,
)
_MODULE_FILE = regex(r"/nvidia\.ko|\bmodinfo\b[^\n]{0,24}\bnvidia\b", 0, ("/nvidia.ko", "modinfo"))
_VERSION = regex(rf"^\W{{0,4}}(?:version:\s{{1,12}})?{_R}\s*$")
_MODULE_LINES = 14
# What belongs to the driver and carries its release; cuda-compat has the same names in a folder of its own.
_LIBRARY = regex(
    rf"(?<!compat/)\blib(?:cuda|nvidia-ml|nvidia-ptxjitcompiler|nvcuvid|nvidia-\w{{2,20}}|GLX_nvidia)\.so\.{_R}"
)
_TENSORFLOW = regex(rf"\b(libcuda|kernel) reported version is:? {_R}")
_LABEL = regex(
    r"nvidia\.com/cuda\.(driver|runtime)(?:-version)?\.(major|minor|rev|full)['\"]?\s{0,3}[=:]\s{0,3}['\"]?(\d{1,4}(?:\.\d{1,4}){0,2})"
)
# Windows numbers display drivers: 31.0.15.3699 is release 536.99. Others' have more figures in the third part.
_OF_WINDOWS = regex(r"(?<![\d.])[23]\d\.\d{1,2}\.1(\d)\.(\d\d)(\d\d)(?![\d.])")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the release wherever it is listed; what is loaded tells more than what is installed."""
    if not paste.has("nvidia", "libcuda", "cuda_diag", "driver", "treiber", "驱动"):
        return
    yield from _packages(paste)
    yield from _loaded(paste)
    for match, line in paste.find(_INXI, "driver", 10):
        yield Claim("driver_release", values.driver(match[1]), line, Seen.SUMMARY)
    for match, line in paste.find(_OPENGL, "opengl", 4):
        yield Claim("driver_release", values.driver(match[1]), line, Seen.SUMMARY)
    for match, line in paste.find(_OF_WINDOWS, ".1", 40):
        release = DriverRelease.parse(f"{match[1]}{match[2]}.{match[3]}")
        if release.branch >= 300:
            yield Claim("driver_release", release, line, Seen.COMMAND)
            yield Claim("os_family", "windows", line, Seen.TRACE)
    yield from _libraries(paste)
    yield from _labels(paste)


def _packages(paste: Paste) -> Iterator[Claim]:
    for needs, form in _PACKAGES:
        for match, line in paste.find(form, needs, 60):
            if not _NOT_INSTALLED.search(match.string):
                release = values.driver(match[1])
                yield Claim("driver_release", release, line, Seen.COMMAND, implied=True)
    for match, line in paste.find(_DKMS, "nvidia", 20):
        yield Claim("driver_release", values.driver(match[1]), line, Seen.COMMAND)


def _loaded(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_LOADING, "nvidia", 10):
        release = values.driver(match[2])
        yield Claim("driver_release", release, line, Seen.SESSION)
        if release and "UNIX" in match[0] and "Mode" not in match[0]:
            module = KernelModule(release, "open" if match[1] else "proprietary")
            yield Claim("kernel_module", module, line, Seen.SESSION)
    for index, text in paste.with_("nvidia", 60):
        if index not in paste.where(_MODULE_FILE) or not _MODULE_FILE.search(text):
            continue
        for at in range(index + 1, min(index + _MODULE_LINES, len(paste.lines))):
            version = _VERSION.match(paste.lines[at])
            if version:
                release = values.driver(version[1])
                yield Claim("driver_release", release, paste.number(at), Seen.COMMAND)
                break


def _libraries(paste: Paste) -> Iterator[Claim]:
    for needs in ("libcuda.so.", "libnvidia-", "libnvcuvid", "libglx_nvidia"):
        for match, line in paste.find(_LIBRARY, needs, 20):
            yield Claim("driver_release", values.driver(match[1]), line, Seen.WORDS, implied=True)
    for match, line in paste.find(_TENSORFLOW, "reported version is", 10):
        release = values.driver(match[2])
        name = "driver_library_release" if match[1] == "libcuda" else "driver_release"
        yield Claim(name, release, line, Seen.SUMMARY)
        yield Claim("driver_release", release, line, Seen.WORDS)


def _labels(paste: Paste) -> Iterator[Claim]:
    """Read the labels that GPU feature discovery puts on the nodes of a cluster; its runtime is the driver's CUDA."""
    parts: dict[tuple[str, str], str] = {}
    last = 0
    for match, line in paste.find(_LABEL, "nvidia.com/cuda.", 40):
        parts.setdefault((match[1], match[2]), match[3])
        last = line
    for kind, joined in (("driver", 3), ("runtime", 2)):
        whole = parts.get((kind, "full"))
        pieces = [parts[kind, part] for part in ("major", "minor", "rev") if (kind, part) in parts]
        text = whole or (".".join(pieces[:joined]) if len(pieces) >= min(joined, 2) else None)
        if text and kind == "driver":
            yield Claim("driver_release", values.driver(text), last, Seen.SUMMARY)
        elif text:
            yield Claim(
                "driver_cuda", CudaVersion.parse(".".join(text.split(".")[:2])), last, Seen.SUMMARY
            )
