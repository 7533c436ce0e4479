"""Python sessions: ``>>> torch.cuda.is_available()`` and the answer on the next line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.startup import regex
from torch_doctor.core.version import TorchVersion
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.launched import is_beside
from torch_doctor.pastes.text.paste import Paste

_IS = (
    r"(?:#\s?(?:=>|->|-{1,2}>|>)?|=>|-{1,3}>|→|===?|=|:|is|was|still|prints?(?: out)?|printed|gives?(?: me)?|gave(?: me)?|shows?|says|returns?|returned"
    r"|reports?|outputs?|yields?|evaluates to|comes back(?: as)?|显示|输出|返回|结果为|为|是|は)?"
)
# of CUDA, where the name does not say whose: mps.is_available and xpu.is_available are others'
_ASKED = regex(r"(?:cuda\.|(?<![\w.]))is_av[a-z]{4,8}\b|is_cuda_available\(\)")
_ANSWER = regex(
    rf"(?<!\bif )(?<!\bif torch\.)(?:cuda[._]|(?<![\w.]))is_av[a-z]{{4,8}}(?:\(\))?[`'\")]{{0,3}}\s{{0,3}}{_IS}:?\s{{0,3}}(?:still |always |only |just )?[`'\"*]{{0,3}}(True|False|no|yes)(?![A-Za-z])",
    re.IGNORECASE,
)
# The answer first: "getting False from", "returns False when I call".
_BEFORE = regex(
    r"(?:\b(?:get(?:s|ting)?|got|see(?:ing)?|returns?|returned|prints?|shows?|always)\b[^.;\n]{0,20}?|^\W{0,4})[`'\"*]{0,3}(True|False)[`'\"*]{0,3} (?:from|for|with|by|when (?:i|we|you) (?:call|run|check|try|do|execute)|after|on)\b[^.;\n]{0,30}(?:torch\.)?cuda\.is_av[a-z]{4,8}",
    re.IGNORECASE,
)
_WISHED = regex(r"\b(?:make|making|want|expect|expected)\b[^;\n]{0,24}$", re.IGNORECASE)
_CHECKED = regex(r"^\s{0,8}(?:>>> |File .{1,200})?assert torch\.cuda\.is_available\(\)")
_ANNOTATED = regex(r"[\s│|]*[└╰]")
_TENSOR = regex(r"(?<![\w.])tensor\(\s{0,2}[\[\d-][^'\"=]{0,600}device='cuda:(\d{1,2})'")
_VERSIONED = regex(
    rf"torch\.__version__[`)]{{0,2}}\s{{0,3}}{_IS}\s{{0,3}}[`'\"]{{0,2}}(\d{{1,2}}\.\d{{1,3}}[\w.+]{{0,40}})"
)
_BUILD = regex(
    rf"torch\.(?:version\.cuda|cuda\.version)[`'\")]{{0,3}},?\s{{0,3}}{_IS}\s{{0,3}}(?:prints?|returns?|gives?|shows?|out|is|was|says?|me|just|only|always|still|as| ){{0,4}}[`'\"]{{0,2}}(\d{{1,2}}\.\d|None)"
)
_COUNT = regex(
    rf"device_count\(\)[`)]{{0,2}}\s{{0,3}}{_IS}\s{{0,3}}(?:only |just |always |still ){{0,2}}[`'\"]{{0,2}}(\d{{1,3}}|zero|one|two)\b"
)
_NUMBERS = {"zero": 0, "one": 1, "two": 2}
_ARCH_LIST = regex(r"\[(?:'(?:sm|compute)_\d{2,3}[af]?',? ?){1,40}\]")
_HIP = regex(
    r"torch\.version\.hip[`)]{0,2}\s{0,3}(?:=>|->|==|=|:|is)?\s{0,3}[`'\"]{0,2}(\d\.[\w.-]{1,30})"
)
REFUSED = "is not compatible with the current pytorch installation"
_NUMBERED = regex(r"get_device_name\(\D{0,10}(\d{1,2})\)")
_NAMED = regex(
    r"get_device_name\(\D{0,10}\d{1,2}\)[`'\")]{0,3}\s{0,2}(?:=>?|:|->|is|returns?|gives?|prints?)?\s{0,2}[`]?['\"]([A-Z][\w ()-]{2,60})['\"]"
)
_ON_DEVICE = regex(r"[^.;\n]{0,60}\bcuda:(\d{1,2})\b[^.;\n]{0,60}", re.IGNORECASE)
_WORKS = regex(
    r"\b(?:works|worked|working|(?:runs?|trains?) (?:fine|well|great|perfectly|ok|okay)|(?:is|are|was) fine|without (?:problems?|issues?|errors?))\b",
    re.IGNORECASE,
)
_NOT_WORKING = regex(
    r"\b(?:not|never|no longer|cannot|fail\w*|crash\w*|errors? (?:out|on)|stop\w*|but|if|should|would|until|before|(?:un)?less)\b|n['’]t\b",
    re.IGNORECASE,
)
_REPLY = regex(
    r"(?:(?:it|i|we|this|which) )?(?:always |just |still )?(?:gets?|got|gives?|gave|returns?|returned|prints?|shows?|says?) (?:me )?[`'\"*]{0,3}(True|False)\b",
    re.IGNORECASE,
)
_LITERAL = regex(
    r"\s{0,8}(?:Out ?\[\d{1,4}\]: ?|# ?(?:=>|->|>)? ?|(?:=>|->) ?)?['\"]?(\S.{0,100}?)['\"]?\s*$"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what the session printed."""
    for index, text in paste.with_("is_av", 60):
        yield from _available(paste, index, text)
    for index, _ in paste.with_("return torch.cuda.is_available()", 3):
        # a function that returns the answer, and a program that prints it further down
        for number, text in enumerate(paste.lines[index + 1 : index + 8], start=index + 1):
            if text.strip() in ("True", "False"):
                yield from torch_words.available(text.strip(), paste.number(number), Seen.SESSION)
                break
    yield from _tensors(paste)
    yield from _beside_a_refused_one(paste)
    for match, line in paste.find(_ARCH_LIST, "['sm_", 5):
        yield Claim("arch_list", values.targets(match[0]), line, Seen.SESSION)
    for match, line in paste.find(_VERSIONED, "torch.__version__", 10):
        yield from torch_words.version(match[1], line, Seen.SESSION)
    for needs in ("torch.version.cuda", "torch.cuda.version"):
        for match, line in paste.find(_BUILD, needs, 10):
            yield from torch_words.build_cuda(match[1], line, Seen.SESSION)
    for match, line in paste.find(_COUNT, "device_count()", 10):
        word = match[1] in _NUMBERS
        counted = _NUMBERS[match[1]] if word else int(match[1])
        yield Claim("torch_device_count", counted, line, Seen.WORDS if word else Seen.SESSION)
    for match, line in paste.find(_HIP, "torch.version.hip", 5):
        yield from torch_words.variant(f"rocm{match[1]}", line, Seen.SESSION)
    for needs in (
        "torch.__version__",
        "torch.version.cuda",
        "get_device_name",
        "device_count()",
        "get_device_capability",
        "get_arch_list",
    ):
        for index, text in paste.with_(needs, 10):
            yield from _asked(paste, index, text)


def _beside_a_refused_one(paste: Paste) -> Iterator[Claim]:
    """Yield the GPU that is named or said to work in a report where torch refuses one: not every one is refused."""
    if not paste.has(REFUSED):
        return
    named: dict[int, str | None] = {}
    for index, text in paste.with_("get_device_name(", 5):
        asked, shown = _NUMBERED.search(text), _NAMED.search(text)
        answer = shown[1] if shown else _next(paste, index)
        if asked and answer and paste.gpu_names.is_nvidia(answer):
            gpu = gpu_claims.gpu(int(asked[1]), answer)
            named[gpu.index] = gpu.name
            yield Claim("gpus", gpu, paste.number(index), Seen.SESSION)
    for match, line in paste.find(_ON_DEVICE, "cuda:", 10):
        if _WORKS.search(match[0]) and not _NOT_WORKING.search(match[0]):
            number = int(match[1])
            result = KernelResult(number, ok=True, name=named.get(number))
            yield Claim("kernel_results", result, line, Seen.WORDS)


def _tensors(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_TENSOR, "device='cuda:", 20):
        # a traceback that annotates its values shows what was there when the program failed
        if not _ANNOTATED.match(match.string):
            yield Claim("kernel_results", KernelResult(int(match[1]), ok=True), line, Seen.SESSION)


def _available(paste: Paste, index: int, text: str) -> Iterator[Claim]:
    # of two answers the one inside a job or container is the case at hand; the other shows where it works
    if is_beside(paste, text):
        yield from implied(_answered(paste, index, text))
    else:
        yield from _answered(paste, index, text)


def _answered(paste: Paste, index: int, text: str) -> Iterator[Claim]:
    stated = _ANSWER.search(text) or _BEFORE.search(text)
    line = paste.number(index)
    if stated and _WISHED.search(text[: stated.start()]):
        return
    if stated:
        asked = text.lstrip().startswith((">>>", "In ["))
        yield from torch_words.available(stated[1], line, Seen.SESSION if asked else Seen.WORDS)
        return
    if not _ASKED.search(text) or re.search(r"\b(if|else|not)\b", text):
        return
    answer = _next(paste, index)
    if answer and _CHECKED.match(text) and answer.startswith("AssertionError"):
        yield from torch_words.available("False", line, Seen.SESSION)
        return
    reply = answer and _REPLY.match(answer)
    if answer and re.fullmatch(r"True|False", answer):
        yield from torch_words.available(answer, paste.number(index + 1), Seen.SESSION)
    elif reply:
        yield from torch_words.available(reply[1], paste.number(index + 1), Seen.WORDS)


def _asked(paste: Paste, index: int, text: str) -> Iterator[Claim]:
    answer = _next(paste, index)
    if not answer or text.count("(") > 3:
        return
    line = paste.number(index + 1)
    if (
        "__version__" in text
        and re.fullmatch(r"\d{1,2}\.\d{1,3}[\w.+]{0,40}", answer)
        and re.search(r"torch\.__version__\)?\s*['\")`]*\s*$", text)
    ):
        yield from torch_words.version(TorchVersion.parse(answer).text, line, Seen.SESSION)
    elif "version.cuda" in text and re.fullmatch(r"\d{1,2}\.\d|None", answer):
        yield from torch_words.build_cuda(answer, line, Seen.SESSION)
    elif "device_count" in text and re.fullmatch(r"\d{1,3}", answer):
        yield Claim("torch_device_count", int(answer), line, Seen.SESSION)
    elif "get_device_name" in text and paste.gpu_names.is_nvidia(answer):
        if not (paste.has(REFUSED) and _NUMBERED.search(text)):
            yield Claim("gpus", gpu_claims.gpu(0, answer), line, Seen.SESSION)
    elif "get_device_capability" in text and re.fullmatch(r"\(\d{1,2}, \d\)", answer):
        yield Claim(
            "gpu_capability", GpuCapability(None, values.capability(answer)), line, Seen.SESSION
        )


def _next(paste: Paste, index: int) -> str | None:
    for text in paste.lines[index + 1 : index + 3]:
        if text.strip():
            match = _LITERAL.match(text)
            return match[1].strip() if match else None
    return None
