"""What people say that no installer found, and of which Python: "pip finds no torch", "my Python is 32 bit"."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.startup import regex
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.paraphrases.vocabulary import TORCH
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

_VERSION = r"(?:\s?[=~]=\s?|[ =-]|\s\(|\()?v?(\d\.\d{1,2}(?:\.\d{1,2})?(?:\+\w{2,8})?)(?![\d.]*\d)"
_WISH = regex(rf"(?P<name>{TORCH}|(?<![a-z0-9_./-])torch(?:vision|audio))(?:{_VERSION})?", 2)
_NOT_HAD = regex(
    r"\bno matching (?:distribution|version)|\bcould not find a version|\bno version (?:that |which )?(?:satisf\w+|match\w*|fits?|works)"
    r"|\b(?:can(?:no|['’]?)t|can not|could(?: not|n['’]t)|unable to|does(?: not|n['’]t)|won['’]t|not able to|refuses to) (?:find|get(?! rid)|give|resolve|locate|install)\b|\bnot installable\b|\bno such version\b"
    r"|\bfinds? no\b|\bfound no\b|\b(?:there (?:is|are|was) )?no (?:\w+ )?(?:wheels?|builds?|releases?|versions?) (?:of (?:py)?torch\b|(?:for|available|found|exists?|on)\b)"
    r"|\b(?:does(?: not|n['’]t) exist|is not (?:available|there|found)|doesn['’]t match any versions?|version solving failed|from versions: none)\b"
    r"|找不到(?:对应的?|合适的?|匹配的?)?(?:版本|wheel|包)|没有(?:对应的?|合适的?|匹配的?)(?:版本|wheel|包)|装不上|安装不了",
    2,
    (
        *("no matching", "could not find", "no version", "no such version", "find", "get", "give"),
        *("resolve", "locate", "install", "found no", " wheel", "builds ", "build ", "releases "),
        *("release ", "versions ", "version ", "exist", "not available", "is not there"),
        *("not found", "any version", "version solving failed", "from versions: none"),
        *("找不到", "没有", "装不上", "安装不了"),
    ),
)
_SIGNS: tuple[str, ...] = _NOT_HAD.needs  # type: ignore[attr-defined]
_INSTALLER = regex(
    r"\b(?:pip3?|uv|poetry|pdm|pipenv|requirements|(?:un)?install\w*|distribution|wheels?|resolver?)\b|安装|装",
    2,
)
# What is not found there is another thing, or it is for another reason.
_OTHERWISE = regex(
    r"\b(?:gpu|cuda (?:device|driver)|dll|module|disk|space|timeout|timed out|connection|ssl|proxy|permission|memory|metadata|cudnn|nvcc|toolkit|import|operators?|attributes?|symbols?|conflict\w*)\b",
    2,
)
_IS_THERE = ("could not find a version that satisfies", "no matching distribution found for")
_BITS = regex(
    r"\b(?:python|interpreter)\b[^.;\n]{0,24}?\b(?:is|was|only|a|an|=|:|\()?\s?(?:32[- ]?bits?\b|x86(?![-_]64)\b|win32\b)|\b32[- ]?bits? (?:version |edition |build |install\w* )?(?:of )?(?:the )?(?:python|interpreter)\b"
    r"|\('32bit', ?'|python[^,。;\n]{0,10}32 ?位|32 ?位(?:的)? ?python",
    2,
)
_NO_INDEX = regex(
    r"\bwhl/(cu\d{2,3})\b[^.;\n]{0,40}\b(?:40[34]|not found|forbidden|access denied|does(?: not|n['’]t) exist|empty|nothing)\b|\b(?:40[34]|not found|forbidden)\b[^.;\n]{0,24}\bwhl/(cu\d{2,3})\b",
    2,
)
_SHORT = 32
_ALPINE = regex(
    r"(?<![\w/-])(?:python:\d[\w.]*-alpine[\d.]*|alpine(?::\d[\d.]*| linux| image| container| base))",
    2,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the wish that was not met, a Python of 32 bits, and a system without glibc."""
    if not paste.has(*_IS_THERE[:1]) or not paste.has(*_IS_THERE):
        yield from _unmet(paste)
    for sentence in sentences(paste, "32", "x86"):
        if _BITS.search(sentence.text):
            yield Claim("python_bits", _SHORT, sentence.line, Seen.WORDS)
    for sentence in sentences(paste, "whl/cu"):
        index = _NO_INDEX.search(sentence.text)
        if index:
            url = index_of(index[1] or index[2])
            yield Claim("install_indexes", url, sentence.line, Seen.WORDS)
    for sentence in sentences(paste, "alpine"):
        if _ALPINE.search(sentence.text):
            yield Claim("libc", "musl", sentence.line, Seen.WORDS)


def _unmet(paste: Paste) -> Iterator[Claim]:
    for sentence in sentences(paste, "torch", "version", "distribution", also=(_SIGNS,)):
        text, line = sentence.text, sentence.line
        wish = _WISH.search(text)
        if wish is None and "torch" not in text.lower():
            wish = _WISH.search(sentence.before)
        if not (wish and _NOT_HAD.search(text) and _INSTALLER.search(text)):
            continue
        if _OTHERWISE.search(text):
            continue
        name = wish["name"].lower().replace("pytorch", "torch")
        name = f"{name}=={wish[2]}" if wish[2] else name
        reason = "no matching distribution"
        found = UnresolvedRequirement(name, reason=reason, line=line)
        yield Claim("unresolved", found, line, Seen.WORDS)
        return
