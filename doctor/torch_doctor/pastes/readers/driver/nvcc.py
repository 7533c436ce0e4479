"""nvcc --version, and the toolkit that a build complains about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.builds import isolated
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_RELEASE = re.compile(r"Cuda compilation tools, release (\d{1,2}\.\d{1,2})", re.IGNORECASE)
_SHORT = re.compile(
    r"\bnvcc\b[^\n]{0,40}?\b(?:release |V)?(\d{1,2}\.\d{1,2})(?:\.\d+)?\b", re.IGNORECASE
)
_DETECTED = re.compile(r"(?:detected CUDA version \(|Installed CUDA version )(\d{1,2}\.\d{1,2})")
_COMPILED = re.compile(r"(?:PyTorch \(|torch was compiled with )(\d{1,2}\.\d{1,2})")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what nvcc printed and what a build found."""
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
    shown = isolated(paste)
    if shown is not None:
        yield Claim("build_isolated", True, paste.number(shown), Seen.OBSERVED)
