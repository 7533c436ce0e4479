"""The commands that people ran to install torch, the indexes that they name, and the build that those bring."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.store import Matrix
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.packages import CONDA_FORGE
from torch_doctor.pastes.text.not_here import is_asked, is_not_here
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import holds_here

_INDEX = regex(
    r"(?:--(?:extra-)?index-url|--index|--find-links|(?<=\s)-[if]|Looking in (?:indexes|links):|index-url ?=|url ?=|registry\+)[ =]{0,3}[\"'`]?(https?://[^\s\"'`,>)]{4,200}(?:, https?://[^\s\"'`>)]{4,200}){0,5})"
)
_COMMAND = regex(
    r"\b((?:python3?(?:\.\d+)? -m |py -m |!|%|sudo |RUN )?(?:pip3?(?:\.\d+)?|uv pip|conda|mamba|micromamba|uv|poetry|pdm|pixi|pipenv|pipx)"
    r" (?:install|add|create|sync|run|download|tool install)\b[^|&;#`\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]{0,500}|uvx --with [^|&;`]{1,200})"
)
# What the system's package manager was asked for of the driver and of CUDA.
# pip: a torch that names no build is there, so that nothing is taken from the index that was named.
_KEPT = regex(
    r"Requirement already satisfied: torch(?:[=<>~!]\S{0,30})? in \S.{0,300}? \(\d+(?:\.\d+){1,3}\)"
    r"|\b(?:got|get|says?|said|prints?|shows?|returns?|just|only|is|are|tells me)\b[^.;\n]{0,16}[`'\"]?(?:Requirements? )?already satisfied\b(?!:)"
)
_SYSTEM = regex(
    r"\b((?:sudo )?(?:apt(?:-get)?|dnf|yum|zypper|pacman)(?: -{1,2}\w+)* (?:install|-S\w*)\b[^|&;#`]{0,300})",
    0,
    ("apt", "dnf", "yum", "zypper", "pacman"),
)
_OF_NVIDIA = regex(r"\b(?:nvidia-|libnvidia-|cuda\b|cuda-)")
_TORCH = regex(r"(?<![\w./-])(?:py)?torch(?:\[[\w,]{1,30}\])?(?:===?|=)?(\d[\w.+]{0,40})?(?![\w-])")
_TAG = regex(r"/whl/(?:nightly/|test/)?(cu\d{2,3}|cpu|rocm[\d.]{1,6}|xpu)\b")
_CONDA = regex(r"\b(?:conda|mamba|micromamba)\b")
_CONDA_CUDA = regex(r"\b(?:pytorch-cuda|cudatoolkit|cuda-version)=+(\d{1,2}\.\d)")
_CHANNEL = regex(r"(?<=\s)(?:-c|--channel)[ =](\S{1,60})")
_CHANNEL_IN_FRONT = regex(r"\s[\"']?([\w-]{1,30})::")
_TOOLKIT = regex(r"\bcudatoolkit=+(\d{1,2}\.\d)")
_PYTORCH = regex(r"(https?://download\.pytorch\.org/whl/[\w./-]{2,60})")
_TARGETED = regex(
    r"torch|cuda|vllm|xformers|flash|ultralytics|nvidia|transformers|sglang|deepspeed|requirements|diffusers|mmcv|detectron",
    re.IGNORECASE,
)
# An environment file of conda: "dependencies:", and a list below it.
_DEPENDENCIES = regex(r"^\W{0,4}dependencies:\s{0,4}$")
_ITEM = regex(
    r"^\s{0,12}- (?:pip:|(?:[\w-]{1,30}::)?([\w.-]{1,60}(?:\s?[=<>!~][\w.=<>!~,*+]{1,60})?))\s{0,4}(?:#.*)?$"
)
_MOST_ITEMS = 60
_MADE_BY = regex(r"\b(micromamba|mamba) (?:env )?(?:create|update|install|activate|list)\b")
_CPU_BUILD = (
    r"(?:\bcpu[- ]?only\b|\b(?:pytorch|torch)[-_ ]cpu\b|\bcpu(?:[- ]only)? (?:version|build|variant|wheel)s?\b"
    r"|\bcpu[- ](?:py)?torch\b|\btorch\S{0,24}\+cpu\b|\b(?:py)?torch (?:without|with no|w/o) (?:cuda|gpu)\b(?! (?:toolkit|\d))|\b(?:py)?torch (?:with|for|on) cpu\b"
    r"|\bnon[- ]?cuda (?:(?:version|build|variant|wheel)s? (?:of )?)?(?:the )?(?:py)?torch\b)"
)
_WITHOUT_CUDA = regex(r"\b(?:no|non|without)[- ]?cuda\b", re.IGNORECASE)
# Verbs that name what goes first, and behind a preposition what comes.
_IN_PLACE = r"\b(?:replac|downgrad|revert|switch|chang|dumbed)\w*\b[^;\n]{0,40}"
_TOOK_CPU = regex(
    rf"{_IN_PLACE}\b(?:with|to|by|into)\b[^.\n]{{0,12}}{_CPU_BUILD}"
    rf"|{_IN_PLACE}\btorch to (?:an? |the )?(?:no|non)[- ]?cuda\b"
    rf"|\b(?:(?:only )?(?:re-?)?install(?:s|ed|ing)?|forc(?:es?|ed|ing)|observe|gets?|got|gives?|gave|picks?|chooses?|selects?|downloads?|grabs?|leads?(?: \w+){{0,3}} to|led(?: \w+){{0,3}} to|ends? up|ended up|results? in|resulted in|resolve[sd]? to|defaults? to|falls? back to|pulls?|pulled)\b[^.\n]{{0,60}}{_CPU_BUILD}"
    rf"|{_CPU_BUILD}[^.\n]{{0,30}}\b(?:is|gets|was|were|being|to be)\b (?:also |always |still )?(?:being )?install",
    re.IGNORECASE,
    (
        *("replac", "downgrad", "revert", "switch", "chang", "dumbed", "install", "forc"),
        *("observe", "get", "got", "give", "gave", "pick", "choose", "select", "download", "grab"),
        *("leads", "led ", "lead ", "end up", "ends up", "ended up", "result", "resolve"),
        *("default", "fall back", "falls back", "pull"),
    ),
)
_CPU_WORDS = (
    "cpu",
    "non-cuda",
    "non cuda",
    "without cuda",
    "without gpu",
    "no cuda",
    "no gpu",
    "w/o cuda",
    "w/o gpu",
)
_BY_SOLVER = regex(r"\b(?:solver|conda|mamba|pip|uv) (?:tries|wants|decides) to $")
# A CPU build beside a GPU, or beside CUDA's own packages, is nobody's wish.
_DESPITE = regex(
    r"\b(?:even|although|though|despite|instead|but|still)\b[^\n]{0,80}\b(?:gpus?|cuda\w*|nvidia)\b"
    r"|\bgpu[- ](?:nodes?|machines?|equipped)",
    re.IGNORECASE,
)
_WISHED = regex(
    r"\b(?:want|wish|need|like|try|tried|how|should|must|can|could|please|if|to|explicitly)\b[^.\n]{0,30}$",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield install commands, indexes, and what they say about the build."""
    yield from _commands(paste)
    yield from _indexes(paste)
    yield from _in_words(paste)


def _commands(paste: Paste) -> Iterator[Claim]:
    commands = sorted(_found(paste))
    for line, command in commands:
        if _TARGETED.search(command):
            kept = one_line(_without_password(command), 500)
            yield Claim("install_commands", kept, line, Seen.COMMAND)
    there = next(iter(paste.find(_KEPT, "already satisfied", 1)), None)
    if there is not None:
        # pip let the torch be that was there, of whichever index
        error = ErrorSeen(one_line(there[0][0], 500), line=there[1])
        yield Claim("remarks", error, there[1], Seen.WORDS)
        return
    # of several commands the last one is what is there now
    for line, command in reversed(commands):
        if _TORCH.search(command):
            yield from implied(_brought(command, line, paste.matrix))
            break


def _found(paste: Paste) -> Iterator[tuple[int, str]]:
    """Yield every command with its line, and with the lines that continue it."""
    for needs in (" install ", " add ", " create ", " sync", "uvx "):
        for index, text in paste.with_(needs, 300):
            for match in _COMMAND.finditer(text):
                if is_asked(text, match.start(), match.start()):
                    continue
                command, ahead = match[1].strip(), index
                while command.endswith("\\") and ahead + 1 < len(paste.lines) and ahead < index + 8:
                    ahead += 1
                    command = f"{command.rstrip(chr(92)).rstrip()} {paste.lines[ahead].strip()}"
                yield paste.number(index), command
    yield from _environment_files(paste)
    for needs in ("nvidia", "cuda"):
        for match, line in paste.find(_SYSTEM, needs, 20):
            if _OF_NVIDIA.search(match[1]):
                yield line, match[1].strip()


def _environment_files(paste: Paste) -> Iterator[tuple[int, str]]:
    """Yield what the environment file of conda asks for, as the command that reads it."""
    for index, text in paste.with_("dependencies:", 5):
        if not _DEPENDENCIES.match(text):
            continue
        items = []
        for following in paste.lines[index + 1 : index + 1 + _MOST_ITEMS]:
            item = _ITEM.match(following)
            if item is None:
                break
            if item[1]:
                items.append(item[1])
        if any(_TORCH.search(item) for item in items):
            used = _MADE_BY.search(paste.text)
            wanted = " ".join(items)
            yield paste.number(index), f"{used[1] if used else 'conda'} env create: {wanted}"


def _brought(command: str, line: int, matrix: Matrix) -> Iterator[Claim]:
    """Yield what a command asks for: a version, a build by its index or by a package of conda."""
    wanted = _TORCH.search(_CHANNEL.sub(" ", command))
    if wanted and wanted[1]:
        yield from torch_words.version(wanted[1], line, Seen.WORDS)
    conda = _CONDA.search(command)
    tag = _TAG.search(command)
    toolkit = _CONDA_CUDA.search(command)
    if tag:
        yield from torch_words.variant(tag[1], line, Seen.WORDS)
    elif toolkit and conda and _falls_back(wanted, command, matrix):
        yield from torch_words.variant("cpu", line, Seen.TRACE)
    elif conda and toolkit:
        yield from torch_words.build_cuda(toolkit[1], line, Seen.WORDS)
    elif conda and "cpuonly" in command:
        yield from torch_words.variant("cpu", line, Seen.WORDS)
    if conda:
        yield Claim("torch_installer", "conda", line, Seen.WORDS)
        if wanted and _channels(command) == {CONDA_FORGE}:
            yield Claim("torch_origin", CONDA_FORGE, line, Seen.WORDS)
    elif re.search(r"\buv\b", command):
        yield Claim("torch_installer", "uv", line, Seen.WORDS)


def _channels(command: str) -> set[str]:
    return {*_CHANNEL.findall(command), *_CHANNEL_IN_FRONT.findall(command)}


def _falls_back(wanted: re.Match[str] | None, command: str, matrix: Matrix) -> bool:
    """Whether conda takes the CPU build: no build of the release is for that toolkit, and conda may install it beside."""
    toolkit = _TOOLKIT.search(command)
    if not toolkit or not wanted or not wanted[1] or "conda-forge" in command:
        return False
    of_release = {row.cuda for row in matrix.torch_builds if row.torch == wanted[1]}
    return bool(of_release) and toolkit[1] not in of_release


def _indexes(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_INDEX, "http", 400):
        for url in match[1].split(", "):
            kept = _without_password(url.rstrip("/.,;"))
            yield Claim("install_indexes", kept, line, Seen.COMMAND)
    for match, line in paste.find(_PYTORCH, "download.pytorch.org/whl/", 50):
        if "Could not fetch URL" in match.string:
            continue  # what a program tried, and a network that fails
        url = re.sub(r"/[^/]+\.whl$", "", match[1]).rstrip("/.,;")
        yield Claim("install_indexes", url, line, Seen.WORDS)


def _in_words(paste: Paste) -> Iterator[Claim]:
    """Yield what words say that an installer did: it took a CPU build, although nobody wished for one."""
    conda = paste.has("conda install", "conda create", "conda-forge", "conda env", "mamba ")
    found = [one for needs in _CPU_WORDS for one in paste.find(_TOOK_CPU, needs, 60)]
    for match, line in found:
        before = match.string[: match.start()][-60:]
        if _WISHED.search(before) and not _BY_SOLVER.search(before):
            continue
        if is_asked(match.string, *match.span()) or is_not_here(match.string, *match.span()):
            continue
        if not holds_here(match.string, *match.span()):
            continue
        yield from torch_words.variant("cpu", line, Seen.WORDS)
        if _DESPITE.search(match.string):
            yield Claim(
                "errors_seen", ErrorSeen(one_line(match.string, 500), line=line), line, Seen.WORDS
            )
        if _WITHOUT_CUDA.search(match[0]):  # who calls it so wanted the other one
            yield Claim("gpu_wanted", True, line, Seen.WORDS, implied=True)
        if conda or "cpuonly" in match[0].lower():  # a package of conda alone
            yield Claim("torch_installer", "conda", line, Seen.WORDS)


def _without_password(text: str) -> str:
    return re.sub(r"(https?://)[^/@\s]{1,200}@", r"\1", text)
