"""What pip, uv and conda say when they cannot resolve, and the commands that people ran."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, UnresolvedRequirement
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_PIP = re.compile(
    r"Could not find a version that satisfies the requirement ([^\s(;]{1,80})[^()]{0,200}(?:\((?:from [^()]{0,200}\) \()?from versions: ?([^)]{0,1500}))?",
    re.IGNORECASE,
)
_NO_MATCH = re.compile(r"No matching distribution found for ([^\s;]{1,80})", re.IGNORECASE)
_NOT_SUPPORTED = re.compile(r"([\w.+-]{5,120}\.whl) is not a supported wheel on this platform")
_UV_PLATFORM = re.compile(
    r"Distribution `([\w.+-]{1,40}==[\w.+-]{1,60})[^`]{0,200}` can't be installed because (.{0,200})"
)
_UV_WHEELS = re.compile(
    r"You're (?:on|using) (?:([A-Za-z][\w ]{2,20}) \(`([\w.]{3,40})`\)|(CPython) (\d\.\d{1,2})[^`]{0,30}(?:\(`(\w{3,12})`\))?), but `([\w.-]{1,40})` \((v[\w.+-]{1,40})\) only has wheels (.{0,300})"
)
_UV_BECAUSE = re.compile(
    r"Because (?:there (?:is|are) no versions? of |only )?`?(torch(?:vision|audio)?(?:\[\w+\])?(?:[=<>!~,.\w+*{}-]{1,60})?)`? ?(.{0,300})"
)
_CONDA = re.compile(
    r"(?:PackagesNotFoundError|ResolvePackageNotFound|UnsatisfiableError|LibMambaUnsatisfiableError)[: ](.{0,300})"
)
_INDEX = re.compile(
    r"(?:--(?:extra-)?index-url|--index|--find-links|(?<=\s)-[if]|Looking in (?:indexes|links):|index-url ?=|url ?=|registry\+)[ =]{0,3}[\"'`]?(https?://[^\s\"'`,>)]{4,200}(?:, https?://[^\s\"'`>)]{4,200}){0,5})"
)
_COMMAND = re.compile(
    r"\b((?:python3?(?:\.\d+)? -m |py -m |!|%|sudo |RUN )?(?:pip3?(?:\.\d+)?|uv pip|conda|mamba|micromamba|uv|poetry|pipx) (?:install|add|create|sync|run|download|tool install)\b[^|&;#`]{0,500}|uvx --with [^|&;`]{1,200})"
)
_TARGETED = re.compile(
    r"torch|cuda|vllm|xformers|flash|ultralytics|nvidia|transformers|sglang|deepspeed|requirements|diffusers|mmcv|detectron",
    re.IGNORECASE,
)
_CPU_BUILD = r"(?:\bcpu[- ]?only\b|\b(?:pytorch|torch)[-_ ]cpu\b|\bcpu(?:[- ]only)? (?:version|build|variant)s?\b)"
_TOOK_CPU = re.compile(
    rf"\b(?:(?:only )?install(?:s|ed|ing)?|observe|gets?|got|gives?|gave|picks?|chooses?|selects?|downloads?|grabs?)\b[^.\n]{{0,60}}{_CPU_BUILD}"
    rf"|{_CPU_BUILD}[^.\n]{{0,30}}\b(?:is|gets|was|were|being)\b (?:also |always |still )?(?:being )?install",
    re.IGNORECASE,
)
_BY_SOLVER = re.compile(r"\b(?:solver|conda|mamba|pip|uv) (?:tries|wants|decides) to $")
# A CPU build beside a GPU, or beside CUDA's own packages, is nobody's wish.
_DESPITE = re.compile(
    r"\b(?:even|although|though|despite|instead|but|still)\b[^\n]{0,80}\b(?:gpus?|cuda\w*|nvidia)\b"
    r"|\bgpu[- ](?:nodes?|machines?|equipped)",
    re.IGNORECASE,
)
_WISHED = re.compile(
    r"\b(?:want|wish|need|like|try|tried|how|should|must|can|could|please|if|to|explicitly)\b[^.\n]{0,30}$",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield unresolved requirements, indexes and install commands."""
    yield from _commands(paste)
    yield from _in_words(paste)
    yield from _pip(paste)
    yield from _uv(paste)
    for needs in ("packagesnotfounderror", "resolvepackagenotfound", "unsatisfiableerror"):
        for match, line in paste.find(_CONDA, needs, 5):
            yield _claim(
                UnresolvedRequirement(
                    one_line(match[1], 120), reason="conda found no solution", line=line
                ),
                line,
            )


def _pip(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_PIP, "could not find a version that satisfies", 20):
        offered = None
        if match[2] is not None:
            listed = [v.strip() for v in match[2].split(",")]
            offered = tuple(v for v in listed if v and v != "none" and ".." not in v)[:60]
        yield _claim(UnresolvedRequirement(match[1].rstrip(":,."), offered, line=line), line)
    for match, line in paste.find(_NO_MATCH, "no matching distribution found for", 20):
        yield _claim(
            UnresolvedRequirement(
                match[1].rstrip(":,."), reason="no matching distribution", line=line
            ),
            line,
        )
    for index, _ in paste.with_("pytorch does not currently provide packages for pypi", 1):
        # pip took the source package of 2017, whose setup.py says this: no wheel fitted
        reason = "no wheel fitted, so that pip took a source package of 2017"
        line = paste.number(index)
        yield _claim(UnresolvedRequirement("torch", reason=reason, line=line), line)
    for match, line in paste.find(_NOT_SUPPORTED, "is not a supported wheel", 10):
        yield _claim(
            UnresolvedRequirement(
                match[1], reason="not a supported wheel on this platform", line=line
            ),
            line,
        )


def _uv(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_UV_PLATFORM, "can't be installed because", 10):
        yield _claim(
            UnresolvedRequirement(match[1], reason=one_line(match[2], 200), line=line), line
        )
    for match, line in paste.find(_UV_WHEELS, "only has wheels", 10):
        name = f"{match[6]}=={match[7].removeprefix('v')}"
        yield _claim(
            UnresolvedRequirement(
                name, reason=one_line(f"only has wheels {match[8]}", 300), line=line
            ),
            line,
        )
        if match[1]:
            yield from host_words.from_platform(match[1].lower(), line, Seen.OBSERVED)
            yield from host_words.from_platform(f"{match[1]} {match[2]}", line, Seen.OBSERVED)
        elif match[4]:
            yield from torch_words.python_version(match[4], line, Seen.OBSERVED)
    for index, text in paste.with_("because ", 200):
        match_because = _UV_BECAUSE.search(text)
        if match_because and re.search(
            r"no wheels|no version|unsatisf|cannot be used|has no|not found|are unavailable",
            " ".join(paste.lines[index : index + 4]),
        ):
            reason = one_line(
                " ".join([match_because[2], *paste.lines[index + 1 : index + 4]]), 300
            )
            line = paste.number(index)
            yield _claim(UnresolvedRequirement(match_because[1], reason=reason, line=line), line)


def _commands(paste: Paste) -> Iterator[Claim]:
    for needs in (" install ", " add ", " create ", " sync", "uvx "):
        for index, text in paste.with_(needs, 300):
            match = _COMMAND.search(text)
            if not match:
                continue
            command, line = match[1].strip(), paste.number(index)
            ahead = index
            while command.endswith("\\") and ahead + 1 < len(paste.lines) and ahead < index + 8:
                ahead += 1
                command = f"{command.rstrip(chr(92)).rstrip()} {paste.lines[ahead].strip()}"
            if _TARGETED.search(command):
                yield Claim(
                    "install_commands",
                    one_line(_without_password(command), 500),
                    line,
                    Seen.COMMAND,
                )
    for needs in ("http",):
        for match, line in paste.find(_INDEX, needs, 400):
            for url in match[1].split(", "):
                yield Claim(
                    "install_indexes", _without_password(url.rstrip("/.,;")), line, Seen.COMMAND
                )
    for match, line in paste.find(
        re.compile(r"(https?://download\.pytorch\.org/whl/[\w./-]{2,60})"),
        "download.pytorch.org/whl/",
        50,
    ):
        url = re.sub(r"/[^/]+\.whl$", "", match[1]).rstrip("/.,;")
        yield Claim("install_indexes", url, line, Seen.WORDS)


def _in_words(paste: Paste) -> Iterator[Claim]:
    """Yield what words say that an installer did: it took a CPU build, although nobody wished for one."""
    conda = paste.has("conda install", "conda create", "conda-forge", "conda env", "mamba ")
    for match, line in paste.find(_TOOK_CPU, "cpu", 60):
        before = match.string[: match.start()][-60:]
        if _WISHED.search(before) and not _BY_SOLVER.search(before):
            continue
        yield from torch_words.variant("cpu", line, Seen.WORDS)
        if _DESPITE.search(match.string):
            yield Claim(
                "errors_seen", ErrorSeen(one_line(match.string, 500), line=line), line, Seen.WORDS
            )
        if conda or "cpuonly" in match[0].lower():  # a package of conda alone
            yield Claim("torch_installer", "conda", line, Seen.WORDS)


def _claim(found: UnresolvedRequirement, line: int) -> Claim:
    return Claim("unresolved", found, line, Seen.OBSERVED)


def _without_password(text: str) -> str:
    return re.sub(r"(https?://)[^/@\s]{1,200}@", r"\1", text)
