"""Paths of tracebacks and warnings: where the torch that failed lies, and which packages' files the error passed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_MOST = 400  # lines with such a path that are looked at
_SITE = re.compile(
    r"(?P<root>(?:[A-Za-z]:|~|(?<![\w.])\.{0,2})?[\\/][^\n\"'<>|:*?]{0,240}?[\\/](?:site|dist)-packages)"
    r"[\\/](?P<package>[A-Za-z]\w{1,60})(?:[\\/]|\.(?:cpython-|cp\d|abi3)[\w.-]{0,60}\.(?:so|pyd)\b)"
)
_FRAME = re.compile(
    r"^\s*File \"[^\"]{1,400}[\\/](?:site|dist)-packages[\\/]([A-Za-z]\w{1,40})[\\/]"
)
_TORCH = "torch"
_ANY_FRAME = re.compile(r"^\s*File \"[^\"]{1,400}\", line \d")
_ASKS = re.compile(
    r"\.cuda\(|\bto\(\s{0,2}(?:device\s?=\s?)?['\"]cuda|device\s?=\s?['\"]cuda|\btorch\.cuda\.\w+\(|_lazy_init\(\)|_cuda_\w+\("
)
# Environments that an installer makes for a build and throws away.
_PASSING = re.compile(r"pip-build-env|builds-v\d|[\\/]tmp[\\/]|[\\/]Temp[\\/]")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the folder of torch, or else of the packages, where all paths agree on it, and the packages of the frames."""
    found: dict[str, tuple[str, int]] = {}
    frames: dict[str, int] = {}
    roots: dict[str, tuple[str, int]] = {}
    for index, text in paste.with_("-packages", _MOST):
        line = paste.number(index)
        for match in _SITE.finditer(text):
            if _PASSING.search(match["root"]):
                continue
            roots.setdefault(match["root"].replace("\\", "/").lower(), (match["root"], line))
            if match["package"] == _TORCH:
                glue = "\\" if "\\" in match["root"] else "/"
                folder = f"{match['root']}{glue}{_TORCH}"
                found.setdefault(folder.replace("\\", "/").lower(), (folder, line))
        frame = _FRAME.match(text)
        if frame:
            frames.pop(frame[1], None)
            frames[frame[1]] = line
    yield from _asks_for_cuda(paste)
    if len(found) == 1:
        ((folder, line),) = found.values()
        yield Claim("torch_location", folder, line, Seen.COMMAND)
    elif not found and len(roots) == 1:
        ((root, line),) = roots.values()
        yield Claim("portable_python", root, line, Seen.COMMAND, implied=True)
    for package, line in frames.items():
        yield Claim("traceback_packages", package.replace("_", "-").lower(), line, Seen.OBSERVED)


def _asks_for_cuda(paste: Paste) -> Iterator[Claim]:
    """Yield that the last frame is at a line that wants CUDA, whatever error stood below it."""
    frames = [index for index, text in paste.with_("line ", _MOST) if _ANY_FRAME.match(text)]
    if frames and frames[-1] + 1 < len(paste.lines) and _ASKS.search(paste.lines[frames[-1] + 1]):
        yield Claim("cuda_asked_for", True, paste.number(frames[-1] + 1), Seen.OBSERVED)
