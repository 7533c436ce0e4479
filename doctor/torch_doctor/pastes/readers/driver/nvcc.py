"""nvcc --version, and the toolkit that a build complains about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.builds import isolated
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.prose.comparisons import is_of_another
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_RELEASE = regex(r"Cuda compilation tools, release (\d{1,2}\.\d{1,2})", re.IGNORECASE)
_SHORT = regex(
    r"\bnvcc\b[^\n]{0,40}?\b(?:release |V)?(\d{1,2}\.\d{1,2})(?:\.\d+)?\b", re.IGNORECASE
)
_DETECTED = regex(r"(?:detected CUDA version \(|Installed CUDA version )(\d{1,2}\.\d{1,2})")
_COMPILED = regex(r"(?:PyTorch \(|torch was compiled with )(\d{1,2}\.\d{1,2})")

# What else names the toolkit: nvcc's last line, cmake, the version file of the toolkit.
_NAMED = tuple(
    (needs, regex(form, re.IGNORECASE), seen)
    for needs, form, seen in (
        ("build cuda_", r"\bBuild cuda_(\d{1,2}\.\d)\.r", Seen.TOOL),
        (
            "found cuda",
            r"-- Found CUDA(?:Toolkit)?: .{1,200}\(found (?:suitable )?version \"(\d{1,2}\.\d)",
            Seen.OBSERVED,
        ),
        (
            "cuda compiler identification",
            r"CUDA compiler identification is NVIDIA (\d{1,2}\.\d)",
            Seen.OBSERVED,
        ),
        ("cuda version", r"^\W{0,4}CUDA Version (\d{1,2}\.\d)\.\d{1,3}\W{0,4}$", Seen.SUMMARY),
        ("version", r"^\W{0,12}version\" ?: ?\"(\d{1,2}\.\d)\.20\d{6}\"", Seen.SUMMARY),
        ("nvidia-cuda-toolkit", r"\bnvidia-cuda-toolkit\s{1,40}(\d{1,2}\.\d)\.\d", Seen.COMMAND),
    )
)
# Words: "CUDA toolkit 12.4", "CUDA SDK: 11.8", "nvcc版本11.8"
_TOOLKIT = regex(
    r"\bcuda[ -]?(?:toolkit|sdk)\)?(?: \(nvcc\))?(?: version| installed|版本)?(?:[\s:=`*v-]{1,4}|是|为)(?:is |was )?v?(\d{1,2}\.\d)(?![\d])"
    r"|(?<!\w)/usr/local/cuda/? (?:is|points to|links to|->|=>|是|指向) ?(?:/usr/local/cuda-|cuda )?v?(\d{1,2}\.\d)(?![\d])"
    r"|\bcuda-toolkit-(\d{1,2}-\d)\b|nvcc(?:\s?-V|\s?--version)?\s?(?:的)?(?:版本|显示|显示的是|输出)(?:是|为|:)?\s?(\d{1,2}\.\d)",
    re.IGNORECASE,
)
_ASKED = regex(r"\bnvcc (?:-V|--version)\W{0,2}$")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what nvcc printed and what a build found."""
    yield from _named(paste)
    yield from _found(paste)
    shown = isolated(paste)
    if shown is not None:
        yield Claim("build_isolated", True, paste.number(shown), Seen.OBSERVED)


def _named(paste: Paste) -> Iterator[Claim]:
    for needs, form, seen in _NAMED:
        for match, line in paste.find(form, needs, 5):
            yield Claim("toolkit_cuda", values.cuda(match[1]), line, seen)
    for needs in ("toolkit", "cuda sdk", "nvcc", "local/cuda"):
        for match, line in paste.find(_TOOLKIT, needs, 10):
            number = next(filter(None, match.groups())).replace("-", ".")
            if not is_of_another(match):
                yield Claim("toolkit_cuda", values.cuda(number), line, Seen.WORDS, implied=True)
    for index, text in paste.with_("nvcc", 20):
        answer = "".join(paste.lines[index + 1 : index + 2]).strip()
        if _ASKED.search(text) and re.fullmatch(r"V?\d{1,2}\.\d(?:\.\d{1,3})?", answer):
            yield Claim("toolkit_cuda", values.cuda(answer), paste.number(index + 1), Seen.WORDS)


def _found(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_RELEASE, "cuda compilation tools", 20):
        yield Claim("toolkit_cuda", values.cuda(match[1]), line, Seen.TOOL)
    for index, text in paste.with_("nvcc", 50):
        short = _SHORT.search(text)
        cuda = values.cuda(short[1]) if short and not _RELEASE.search(text) else None
        if cuda:
            yield Claim("toolkit_cuda", cuda, paste.number(index), Seen.WORDS)
    for needs in ("detected cuda version (", "installed cuda version "):
        for index, text in paste.with_(needs, 5):
            line = paste.number(index)
            found = _DETECTED.search(text)
            if found and values.cuda(found[1]):
                yield Claim("toolkit_cuda", values.cuda(found[1]), line, Seen.OBSERVED)
            built = _COMPILED.search(" ".join(paste.lines[index : index + 3]))
            if found and built:
                yield from implied(torch_words.build_cuda(built[1], line, Seen.REPORT))
