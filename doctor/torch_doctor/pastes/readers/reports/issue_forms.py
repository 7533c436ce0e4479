"""Forms of bug trackers: a question as a heading, in bold or before a colon, and the answer on a line below it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.handlers import Handler
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_DECORATION = regex(r"^[\s#*_>|`\-–•\d.)(\[\]]{0,12}|[\s*_`:?|\])]{0,12}$")
_OF_A_FORM = regex(r"(?:your |what |which |is |the |are |you |using ){0,5}")
_NO_ANSWER = regex(r"^\W{0,8}(?:<!--.*|```\w{0,10}|-{2,}|={2,}|_no response_|$)", re.IGNORECASE)
_REACH = 4  # lines between a question and its answer
_LONGEST = 48  # letters of a question
_LONGEST_ANSWER = 160


def _driver(text: str, line: int) -> Iterator[Claim]:
    release = values.driver(text[:60])
    if release and release.branch >= 300:
        yield Claim("driver_release", release, line, Seen.SUMMARY)


def _system(text: str, line: int) -> Iterator[Claim]:
    words = re.sub(r"(?i)\bwin ?(?=1[01]\b)", "Windows ", text)
    if re.fullmatch(
        r"\W{0,4}(?:win(?:dows)?|linux|mac(?:os| os)?|osx)\W{0,4}", words, re.IGNORECASE
    ):
        words = re.sub(r"(?i)^\W{0,4}mac\b.*", "macOS", words)
        words = re.sub(r"(?i)^\W{0,4}win\b", "Windows", words)
    yield from host_words.from_os_name(words, line, Seen.SUMMARY)
    if re.search(r"\bwsl", text, re.IGNORECASE):
        yield Claim("wsl", True, line, Seen.SUMMARY)


def _torch(text: str, line: int) -> Iterator[Claim]:
    yield from torch_words.version(
        re.sub(r"(?i)^\W{0,4}(?:py)?torch\W{0,4}", "", text), line, Seen.SUMMARY
    )


def _python(text: str, line: int) -> Iterator[Claim]:
    return torch_words.python_version(text, line, Seen.SUMMARY)


def _installer(text: str, line: int) -> Iterator[Claim]:
    word = re.match(r"\W{0,4}(pip|conda|uv|docker|source)\b", text, re.IGNORECASE)
    if word and word[1].lower() == "docker":
        yield Claim("container", "docker", line, Seen.SUMMARY)
    elif word and word[1].lower() != "source":
        yield Claim("torch_installer", word[1].lower(), line, Seen.WORDS)


def _capability(text: str, line: int) -> Iterator[Claim]:
    number = re.fullmatch(r"\W{0,3}(\d{1,2}\.\d)\W{0,3}", text)
    if number:
        yield Claim(
            "gpu_capability", GpuCapability(None, values.capability(number[1])), line, Seen.SUMMARY
        )


_DRIVERS = (
    "gpu driver",
    "nvidia driver",
    "driver",
    "graphics driver",
    "driver_version",
    "显卡驱动",
    "驱动版本",
    "驱动",
)
_QUESTIONS: dict[str, Handler] = {
    **dict.fromkeys(
        (name for word in _DRIVERS for name in (word, f"{word} version", f"{word}版本")), _driver
    ),
    **dict.fromkeys(
        (
            "operating system",
            "os",
            "os version",
            "host os",
            "platform",
            "system",
            "操作系统",
            "系统",
            "环境",
        ),
        _system,
    ),
    **dict.fromkeys(
        ("pytorch version", "torch version", "pytorch", "torch", "torch版本", "pytorch版本"), _torch
    ),
    **dict.fromkeys(("python version", "python", "python版本"), _python),
    **dict.fromkeys(
        (
            "installation method",
            "install method",
            "how did you install",
            "how you installed pytorch",
            "deployment",
            "deployment method",
            "installation",
            "how are you running it",
        ),
        _installer,
    ),
    **dict.fromkeys(("compute_cap", "compute capability", "cuda capability"), _capability),
}
_ABOUT_INSTALLING = {"installation method", "install method", "deployment", "deployment method"}
_GPUS = {
    "gpu",
    "gpus",
    "gpu model",
    "gpu name",
    "graphics card",
    "video card",
    "显卡",
    "显卡型号",
    "name",
}
_WORDS = (
    "version",
    "driver",
    "system",
    "os",
    "gpu",
    "torch",
    "python",
    "card",
    "install",
    "compute_cap",
    "capability",
    "platform",
    "版本",
    "驱动",
    "系统",
    "显卡",
    "name",
    "deployment",
    "running",
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what the answers say, of questions that stand alone on their line."""
    for pair in paste.pairs.like("how you installed"):
        yield from _installer(pair.value, paste.number(pair.at))
    for pair in paste.pairs.of(_ABOUT_INSTALLING):
        yield from _installer(pair.value, paste.number(pair.at))
    seen: set[int] = set()
    for word in _WORDS:
        seen.update(index for index, text in paste.with_(word, 400) if len(text) <= _LONGEST)
    for index in sorted(seen):
        question = _OF_A_FORM.sub("", _DECORATION.sub("", paste.lines[index]).lower(), count=1)
        handler = _QUESTIONS.get(question)
        if handler is None and question not in _GPUS:
            continue
        at = _answer(paste, index)
        if at is None:
            continue
        line, text = paste.number(at), paste.lines[at].strip(" \t-*_`'\"|>")
        if handler:
            yield from handler(text, line)
        elif paste.gpu_names.is_nvidia(text):
            yield from implied([Claim("gpus", gpu_claims.gpu(0, text), line, Seen.BANNER)])


def _answer(paste: Paste, index: int) -> int | None:
    """Return the index of the line that answers the question at *index*."""
    for at in range(index + 1, min(index + 1 + _REACH, len(paste.lines))):
        text = paste.lines[at]
        if _NO_ANSWER.match(text):
            continue
        return at if len(text) <= _LONGEST_ANSWER else None
    return None
