"""Words: "torch 2.1 (cu118) on an RTX 3090, driver 535.54": hints that count where nothing better is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from torch_doctor.core.records import Package
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose import (
    availability,
    circumstances,
    cpu_builds,
    devices,
    drivers,
    people,
    phrasebook,
    remarks,
    replaced,
    torch_builds,
    wishes,
    without_gpu,
)
from torch_doctor.pastes.prose.paraphrases import (
    absence,
    failures,
    installs,
    libraries,
    numbers,
    wheels,
)
from torch_doctor.pastes.prose.paraphrases import cpu_builds as builds_for_cpu
from torch_doctor.pastes.prose.places import (
    arm,
    containers,
    docker,
    inside,
    interpreters,
    macs,
    programs,
    requests,
    schedulers,
    surroundings,
    systems,
    virtual_machines,
    wsl,
)
from torch_doctor.pastes.prose.states import briefly, compared_builds, masks, modules, on_cpu
from torch_doctor.pastes.text.paste import Paste

# What is read whatever is known, in this order: of two who say the same, the first counts.
_ALWAYS = (
    *(macs, surroundings, docker, containers, inside, virtual_machines, requests, availability),
    *(briefly, on_cpu, compared_builds, modules, masks, circumstances, programs, interpreters),
    *(schedulers, phrasebook, remarks, people),
    *(
        wishes,
        cpu_builds,
        without_gpu,
        failures,
        numbers,
        libraries,
        absence,
        wheels,
        installs,
        builds_for_cpu,
    ),
)
_PYTHON = regex(
    r"(?<![\w./-])python(?:\s?version)?[\s:=`*-]{1,4}v?([23]\.\d{1,2}(?:\.\d{1,2})?)(?![\w-]|\s?\(you have)|\bpy(?:thon)?(3\.\d{1,2})\b|[\\/]Python(3)(\d{1,2})[\\/]",
    re.IGNORECASE,
)
_LIBRARY = regex(
    r"(?<![\w./-])(torchvision|torchaudio|triton|numpy|vllm|flash[_-]attn|xformers|bitsandbytes|deepspeed|transformers|mmcv)\s{0,2}(?:==|:|=|v|version)?\s{0,2}v?(\d{1,2}(?:\.\d{1,4}){1,2}(?:\.(?:post|dev)\d{1,8})?(?:[a-z+][\w.+]{0,30})?)(?![\w%…]|\.\.)",
    re.IGNORECASE,
)
_RELEASED = regex(r"(?<![\w./-])(vllm|deepspeed)[-_ =v:]{1,4}(\d+\.\d+(?:\.\d+)?)(?![\w.]*\d)", 2)
_SERVERS = ("vllm", "deepspeed")
_L4T = regex(
    r"\bL4T\s{0,3}(R?\d\d\.\d(?:\.\d)?)|(?:^|# )R(\d\d) \(release\), REVISION: (\d\.\d)|(?<![A-Za-z0-9_])(JetPack|JP(?=[ :]))[ :]{0,3}(\d\.\d(?:\.\d)?)|\bl4t-\w{2,12}:(r\d\d\.\d(?:\.\d)?)",
    re.IGNORECASE,
)
# NVIDIA's boards, and robots and boxes that are built around one.
_JETSON = regex(
    r"(?<![A-Za-z0-9_])((?<![-/])Je(?:ts|st)on(?: AGX| NX| TX1| Orin| Xavier| Nano| TX2| Thor| device| board)?(?![-_ ]?(?:containers?|inference|utils))"
    r"|AGX Orin|AGX Xavier|AGX Thor|Xavier AGX|Orin AGX|Xavier NX|Orin NX|Orin Nano|JetPack(?! compose)\s?\d?|Jet(?:Bot|Racer|Auto|Rover|Tank|Hexa)s?|reComputer J\d{2,4}|jtop|jetson-stats"
    r"|(?:NVIDIA )?Tegra (?:X[12]|Xavier|Orin)|\d{1,3}-tegra|Orin \(nvgpu\)|l4t-(?:base|ml|pytorch|cuda|tensorrt))\b|(?-i:\b(TX[12])\b)"
    # the bare name of a board, where torch is spoken of beside it
    r"|(?-i:\bOrin\b)(?=[^\n]{0,200}\b(?:cuda|torch|gpu|jetpack)\b)|(?:^|[,;.(] ?|\b(?:my|the|a|on) )(tx2)(?=[:,. ][^\n]{0,120}\b(?:torch|cuda|jetpack)\b)|\btorch\b[^\n]{0,60}\bon (?:the |my )?(?-i:Orin)\b"
    r"|\b(?:on|the|my|an) orin\b(?=[^\n]{0,120}\b(?:torch|cuda|gpu|wheels?)\b)",
    re.IGNORECASE,
)

# Beside an ARM processor: the user that is made when a board is set up is called as it is.
_HOME = regex(r"/home/((?:orin|jetson)[a-z0-9_-]{0,12})/")


def read(paste: Paste, known: AbstractSet[str]) -> Iterator[Claim]:
    """Yield hints about the facts that are not *known* from anything better."""
    if not {"torch_version", "torch_cuda"} <= known:
        yield from torch_builds.read(paste)
        yield from replaced.read(paste)
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
    for reader in _ALWAYS:
        yield from reader.read(paste)


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
        named = [
            (match[1].lower().replace("_", "-"), match[2].rstrip("._"), line)
            for match, line in paste.find(_LIBRARY, needs, 30)
        ]
        # "0.4.0 is slower than 0.3.3": who compares releases of a server does not say which is there
        compared = needs in _SERVERS and len(_releases(paste, needs)) > 1
        for name, version, line in () if compared else named:
            yield Claim("packages", Package(name, version), line, Seen.WORDS)


def _releases(paste: Paste, name: str) -> set[str]:
    return {match[2] for match, _ in paste.find(_RELEASED, name, 30) if match[1].lower() == name}


def _jetson(paste: Paste) -> Iterator[Claim]:
    for needs in ("l4t", "(release), revision", "jetpack", "jp "):
        for match, line in paste.find(_L4T, needs, 3):
            release = (
                match[1]
                or match[6]
                or (f"R{match[2]}.{match[3]}" if match[2] else f"{match[4]} {match[5]}")
            )
            yield Claim("jetson", release, line, Seen.BANNER)
    for needs in (
        "jet",
        "xavier",
        "orin",
        "thor",
        "tegra",
        "tx1",
        "tx2",
        "recomputer",
        "jtop",
        "l4t-",
    ):
        for match, line in paste.find(_JETSON, needs, 3):
            yield Claim("jetson", one_line(match[0], 40), line, Seen.WORDS)
            yield Claim("host_arch", "aarch64", line, Seen.WORDS)
    for needs in ("/home/orin", "/home/jetson") if paste.has("aarch64") else ():
        for match, line in paste.find(_HOME, needs, 1):
            yield Claim("jetson", one_line(match[1], 40), line, Seen.WORDS)


def _host(paste: Paste, known: AbstractSet[str]) -> Iterator[Claim]:
    if "os_family" not in known:
        yield from systems.read(paste)
    # a report that shows another processor speaks of a Jetson beside it
    if "host_arch" not in known or paste.has("aarch64", "arm64", "tegra"):
        yield from _jetson(paste)
    yield from wsl.read(paste)
    yield from arm.read(paste)
