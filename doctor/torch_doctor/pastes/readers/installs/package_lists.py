"""pip list, pip freeze, conda list and the package lines inside environment reports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.packages import from_package, matters, of_channel
from torch_doctor.pastes.text.paste import Paste

_EQUALS = regex(
    r"(?<![\w.+-])(?:\[(pip3?|conda)\]\s{1,6})?([A-Za-z][\w.-]{0,60}?)(\[[\w,-]{1,40}\])?(===?)(\d[\w!+-]{0,40}(?:\.[\w!+-]{1,40}){0,8})(\.\.|…)?"
)
_LISTED = regex(
    r"(?:\[(pip3?|conda)\]\s{1,6})?([A-Za-z_][\w.-]{0,60})\s{1,60}(\d[\w.!+-]{0,60})(?:\s{1,60}([\w.*<>=!|-]{1,80}))?(?:\s{1,40}(\[\w+\]))?(?:\s{1,40}([\w./:-]{1,80}))?(?:\s{1,40}(?:Cached|\d{1,4}[kMG]?B))?\s*$"
)
# pixi list has the size and the kind of a package before its channel; poetry show has what a package is.
_SIZED = regex(r"\s{1,20}\d{1,4}(?:\.\d{1,2})? [KMG]i?B\s{1,20}(conda|pypi)\b.*$")
_DESCRIBED = regex(
    r"^(\(!\) )?([a-z][\w.-]{1,60}\s{2,60}\d[\w.!+-]{0,60})\s{1,20}[A-Z][a-z]+ [a-z].*$"
)
_SATISFIED = regex(
    r"Requirement already satisfied: ([A-Za-z][\w.-]{1,60})\S{0,80} in \S.{0,300}? \((?:from [^()]{1,200}\) \()?(\d[\w.+]{0,40})\)"
)
_NAME_FIRST = regex(r"[| ]*(?:\+ {1,9})?(?:\[\w{3,5}\] +)?([A-Za-z_][\w.-]{0,60}) +\d")
_CONDA_URL = regex(
    r"\b([a-z-]{2,20})/(?:linux-64|win-64|noarch|linux-aarch64|osx-64|osx-arm64)::([a-z0-9_.-]{2,60}?)-(\d[\w.+]{0,40})-([\w.]{1,60})"
)
_CONDA_FILE = regex(
    r"(?:(?<![\w/:.-])|(?<=-64/)|(?<=noarch/)|(?<=aarch64/))((?:py)?torch|torchvision|torchaudio|pytorch-mutex|cpuonly|pytorch-cuda)-(\d[\w.]{0,30})-(\w[\w.]{2,60}?)(?:\.tar\.bz2|\.conda|\s|$)"
)
_WHEEL = regex(
    r"\b(torch(?:vision|audio)?)-(\d[\w.%+]{0,60})-(cp\d{2,3}|py3)-\w{2,10}-([\w.]{3,60})\.whl"
)
_CONDA_PIN = regex(r"\s{0,8}-\s{1,4}([a-z][\w.-]{1,40})=(\d[\w.]{0,30})=([\w.]{1,60})\s*$")
_PLUS = regex(r"\s{0,4}[+~-] ([a-z0-9][\w.-]{0,60})==(\d[\w.+]{0,60})")
_CONFLICT = regex(
    r"([A-Za-z][\w.-]{1,40}) (\d[\w.+]{0,40}) (?:requires|has requirement) ([A-Za-z][\w.-]{1,40}==[\w.*+-]{1,40})?[^\n]{0,200}?,? (?:but|and) (?:you|I|we)(?:'ll)? have (?:([A-Za-z][\w.-]{1,40}) )?(\d[\w.+]{0,40})"
)
_COMMAND = regex(r"\b(?:pip3?|uv|conda|mamba)\s+(?:pip\s+)?(?:install|add|download|sync|create)\b")
_VERBS = ("install", "add", "download", "sync", "create")
# Words of lines whose ``name==version`` is wanted by somebody, not installed.
_WANTED = regex(
    r"no matching distribution|could not find a version|requires|depends on|from versions|because |incompatible|"
    r"unsatisfiable|no solution|pins |hint:|distribution `|\bwork(?:s|ed)\b.{0,30} (?:on|with|in) "
)
_SIGNED = ("+ ", "- ", "~ ")
_MOST = 600
_ENOUGH = 3000  # rows of package lists that are looked at


def read(paste: Paste) -> Iterator[Claim]:
    """Yield one ``packages`` claim for every package that matters to torch, and torch's own facts."""
    count = 0
    # what uv did, line by line, has a reader of its own
    logged = _SIGNED if any(_PLUS.match(text) for _, text in paste.with_(" + ")) else ()
    for index, text in paste.with_("=="):
        if _is_command(text) or (logged and text.lstrip().startswith(logged)):
            continue
        for match in _EQUALS.finditer(text):
            installer, name, _, _, version, cut = match.groups()
            if cut or count >= _MOST or not matters(name) or _WANTED.search(text.lower()):
                continue
            count += 1
            yield from from_package(name, version, _installer(installer), None, paste.number(index))
    yield from _listed(paste)
    yield from _conda_plans(paste)
    yield from _conflicts(paste)
    for match, line in paste.find(_SATISFIED, "already satisfied", 200):
        yield from implied(from_package(match[1], match[2], "pip", None, line))


def _listed(paste: Paste) -> Iterator[Claim]:
    """Read columns: ``torch  2.1.0+cu118`` of pip list, ``pytorch  2.1.0  py3.10_cuda11.8_cudnn8.7.0_0  pytorch`` of conda."""
    left = _ENOUGH
    for index, text in enumerate(paste.lines):
        first = _NAME_FIRST.match(text)
        if not first or not matters(first[1]):
            continue
        stripped = text.strip("| ").removeprefix("+ ").lstrip()  # "+" marks what is to come
        stripped = _DESCRIBED.sub(r"\2", _SIZED.sub(r" \1", stripped))
        match = _LISTED.match(stripped)
        if not match or "==" in stripped or "-->" in stripped or not 5 < len(stripped) < 220:
            continue
        left -= 1
        if left < 0:
            return
        installer, name, version, build, feature, channel = match.groups()
        if installer is None and build is None and "  " not in stripped:
            continue
        if build and not re.search(r"_|\d|pypi", build):
            build, channel = None, build
        if channel == "pypi" or build in ("pypi_0", "pypi"):
            yield from from_package(name, version, "pip", None, paste.number(index))
            continue
        kind = "conda" if build or installer == "conda" else "pip"
        if build and build.startswith(("/", "http")):
            kind, build = "pip", None
        label = f"{build} {feature}" if build and feature else build
        line = paste.number(index)
        yield from from_package(name, version, kind if installer != "pip" else "pip", label, line)
        yield from of_channel(name, channel, line)


def _conda_plans(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_CONDA_URL, "::", 400):
        if matters(match[2]):
            yield from from_package(match[2], match[3], "conda", match[4], line)
            yield from of_channel(match[2], match[1], line)
    for index, text in paste.with_("="):
        pin = _CONDA_PIN.match(text) if text.lstrip().startswith("- ") else None
        if pin and matters(pin[1]):
            yield from from_package(pin[1], pin[2], "conda", pin[3], paste.number(index))
    for needs in ("torch-", "cpuonly-"):
        for match, line in paste.find(_CONDA_FILE, needs, 100):
            if re.search(r"_\d+$|cpu|cuda|^py", match[3]):
                yield from from_package(match[1], match[2], "conda", match[3], line)
    for match, line in paste.find(_WHEEL, "torch", 200):
        version = match[2].replace("%2B", "+").replace("%2b", "+")
        yield from implied(from_package(match[1], version, "pip", None, line))


def _conflicts(paste: Paste) -> Iterator[Claim]:
    for needs in ("you have ", "you'll have ", "i have ", "we have "):
        for match, line in paste.find(_CONFLICT, needs, 40):
            yield from from_package(match[1], match[2], "pip", None, line)
            # in words the package is named once: "requires nvidia-nccl-cu12==2.21.5 but I have 2.26.2"
            name = match[4] or (match[3] or "").partition("==")[0]
            if name:
                yield from from_package(name, match[5].rstrip("."), "pip", None, line)
            if match[1].lower() == "torch" and match[3]:
                yield Claim("requirements", match[3], line, Seen.OBSERVED)


def _installer(mark: str | None) -> str | None:
    return {"pip": "pip", "pip3": "pip", "conda": "conda"}.get(mark or "")


def _is_command(text: str) -> bool:
    return any(verb in text for verb in _VERBS) and bool(_COMMAND.search(text, 0, 600))
