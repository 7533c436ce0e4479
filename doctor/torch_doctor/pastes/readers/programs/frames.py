"""Paths of tracebacks and warnings: where the torch that failed lies, and which packages' files the error passed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_MOST = 400  # lines with such a path that are looked at
_SITE = regex(
    r"(?P<root>(?:[A-Za-z]:|~|(?<![\w.])\.{0,2})?[\\/][^\n\"'<>|:*?]{0,240}?[\\/](?:site|dist)-packages)"
    r"[\\/](?P<package>[A-Za-z]\w{1,60})(?:[\\/]|\.(?:cpython-|cp\d|abi3)[\w.-]{0,60}\.(?:so|pyd)\b)"
)
_FRAME = regex(r"^\s*File \"[^\"]{1,400}[\\/](?:site|dist)-packages[\\/]([A-Za-z]\w{1,40})[\\/]")
_TORCH = "torch"
_ANY_FRAME = regex(r"^\s*File \"[^\"]{1,400}\", line \d")
_ASKS = regex(
    r"\.cuda\(|\bto\(\s{0,2}(?:device\s?=\s?)?['\"]cuda|device\s?=\s?['\"]cuda|\btorch\.cuda\.\w+\(|_lazy_init\(\)|_cuda_\w+\("
)
# The C++ frame that threw stands first behind those of c10: "frame #1: name(…) + 0x1f (0x… in pkg/_C.cpython-310.so)".
_NATIVE = regex(
    r"^\s*frame #\d{1,2}: (?P<function>[^\n]{1,600}?) in (?P<file>[^\s()]{1,300})\)\s*$"
)
_THROWS = regex(
    r"^c10::(?:Error|cuda::|Warning)|^(?:at|c10)::\S{0,40}(?:check|assert)", re.IGNORECASE
)
_TORCHS_FILE = regex(
    r"(?:^|/)(?:lib(?:torch(?!audio|vision|text)|c10|caffe2|ATen)\w*\.so)|/torch/(?:lib/|_C\.)"
)
# A line of Python that calls a compiled module: "fused_cuda.forward(", "_C.nms(", "torch.ops.pkg.run(".
_COMPILED = regex(
    r"(?<![\w.])(?:self\.|(?P<package>[A-Za-z]\w{1,30})\.)?"
    r"(?P<module>_C|_ext|_cuda\w{0,20}|[A-Za-z]\w{1,30}_(?:cuda|ext|gpu)|(?:ext|_C)_module|torch\.ops\.(?!aten\b|prims?\b|c10d)\w{2,30})\.\w{2,60}\("
)
# A package that words the driver's answer itself: "raise RuntimeError(cuGetErrorString(status))". torch has no such line.
_WORDED = regex(
    r"^(?:[-\s>\d|]{0,16})raise \w[\w.]{0,40}\((?=[^\n]{0,120}(?:cuda|\bcu[A-Z]|driver))[^\n]{0,120}(?:err|status|result|ret_?code|return_?code|\bcode\b)",
    re.IGNORECASE,
)
# torch has no line of Python that calls the driver: "cuda.cuModuleLoadData(".
_DRIVERS_CALL = regex(r"(?<![\w'\"])cu(?:Module|Library|Launch|Func)[A-Z]\w{2,30}\(")
_NO_IMAGE = "no kernel image"
# Somebody names the call between quotes: "causal_conv1d_cuda.causal_conv1d_fwd".
_NAMED = regex(
    r"[`'\"](?P<module>(?!torch_cuda)[a-z]\w{2,40}_(?:cuda|ext|kernels?|ops))\.[a-z]\w{2,60}(?:\(\))?[`'\"]"
)
_NEAR = 12  # lines
# Environments that an installer makes for a build and throws away.
_PASSING = regex(r"pip-build-env|builds-v\d|[\\/]tmp[\\/]|[\\/]Temp[\\/]")


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
    yield from _without_image(paste)
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


def _without_image(paste: Paste) -> Iterator[Claim]:
    """Yield the compiled module of a package whose kernel was not found: it threw, or the last frame calls it."""
    for index, _ in paste.with_(_NO_IMAGE, 3):
        before = paste.lines[max(index - 10, 0) : index]
        module = (
            _thrower(paste.lines[index + 1 : index + 6]) or _called(before[-4:]) or _worded(before)
        )
        if module:
            yield Claim("failing_module", module, paste.number(index), Seen.OBSERVED)
            continue
        around = paste.lines[max(index - _NEAR, 0) : index + _NEAR]
        named = {match["module"] for text in around for match in _NAMED.finditer(text)}
        if len(named) == 1:
            yield Claim("failing_module", named.pop(), paste.number(index), Seen.WORDS)


def _thrower(behind: list[str]) -> str | None:
    for text in behind:
        frame = _NATIVE.match(text)
        if frame and not _THROWS.search(frame["function"]):
            return None if _TORCHS_FILE.search(frame["file"]) else frame["file"]
    return None


def _worded(before: list[str]) -> str | None:
    """Return the package whose own Python raised the error, by the path of the frame above, or the driver's call there."""
    called = [match[0].rstrip("(") for text in before for match in _DRIVERS_CALL.finditer(text)]
    if not called and not any(map(_WORDED.match, before)):
        return None
    packages = [match["package"] for text in before for match in _SITE.finditer(text)]
    if not packages:
        return called[-1] if called else None
    return packages[-1] if packages[-1] != _TORCH else None


def _called(before: list[str]) -> str | None:
    texts = [text for text in before if text.strip(" ^~|\t")]
    if (
        len(texts) < 2
        or not _ANY_FRAME.match(texts[-2])
        or "/torch/" in texts[-2].replace("\\", "/")
    ):
        return None
    call = _COMPILED.search(texts[-1])
    if call is None or call["package"] == _TORCH:
        return None
    return ".".join(filter(None, (call["package"], call["module"])))
