"""Collect the lines that report a failure, and the numbers that they print about driver, build and GPU.

Which cause an error text points to is not decided here: the lines are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.signatures import plain_texts
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.error_codes import code_of
from torch_doctor.pastes.text.not_here import without_cuda
from torch_doctor.pastes.text.paste import Paste

MOST = 300  # errors kept of one report
_OF_ONE_TEXT = 20  # lines kept of one error text
# What a line about a failure contains, in lower case. Generous: what is too much is not matched later.
_TRIGGERS = (
    "error",
    "warn",
    "exception",
    "fail",
    "cannot ",
    "can't ",
    "could",
    "unable",
    "undefined",
    " not ",
    "no such",
    "found no ",
    "no space",
    "no matching",
    "no device",
    "no cuda",
    "no hip",
    "no longer",
    "no kernel",
    "no module",
    "incompatib",
    "mismatch",
    "unsupported",
    "fallen off",
    "nvrm",
    "xid",
    "denied",
    "illegal",
    "assert",
    "invalid",
    "too old",
    "out of memory",
    "killed",
    "abort",
    "timeout",
    "timed out",
    "dumped",
    "segmentation",
    "is lost",
    "requires",
    "only has wheels",
    "cpuonly",
    "nouveau",
    "uncorrectable",
    "unsatisf",
    "insufficient",
    "refused",
    "missing",
    "unknown",
    "compiled with",
    "compiled for",
    "compiled using",
    "was compiled",
    "built for",
    "(you have ",
    "broken",
    "ignored",
    "unresponsive",
    "without gpu",
    "without cuda",
    "capability supported by this",
    "platform detected",
    "gpu node",
    "machine only has",
    "no mig",
    "n't match",
    "version magic",
    ".dll",
    "device: cpu",
    "device is cpu",
    "device cpu",
    "device -> cpu",
)
_QUIET = (
    "could not collect",
    "warnings.warn(",
    "-werror",
    "errors='",
    "vulnerability ",
    "not affected",
    "torch.version",
    "set to:",
    "uncorr. ecc",
    "ecc mode",
    "ecc errors",
)
# the line of torch's source that Python shows below its warning, where the warning itself was not pasted
_SHOWN_SOURCE = "warn(incompatible_device_warn"
_RAISED = regex(
    r"(?:^|[\s\]:)|`'\"(])(?:[\w.]{0,80}(?:Error|Exception|Warning|Mismatch\w*)|ERROR|FATAL|error|what\(\)|RuntimeError)\s{0,2}(?:in)?[:(]"
)
_SIGNS = ("rror", "xception", "arning", "ismatch", "ERROR", "FATAL", "what()")
_STARTS_NEW = regex(
    r"\s*(?:$|File \"|Traceback|\[pip|\[conda\]|[|+=\-]{3,}|\$ |>>> |(?:\S{0,30}\s?)?(?:INFO|DEBUG|WARNING)\b|[A-Za-z][\w ]{1,40}\s{0,20}:\s|#|-{1,2} |[\w.]{1,60}(?:Error|Exception|Warning)\b|ERROR:|NVRM|\d+\. )"
)
_UNFINISHED = regex(
    r"(?:[:,(]|\b(?:in|to|with|of|for|and|or|the|a|an|has|have|is|are|by|from|at|on|as|but|than|compile|current|version|undefined|this|that|installation))$"
)
# "Before I installed the driver it said …; now all is well": an error that is gone.
_GONE = regex(
    r"\b(?:before|previously|at first|used to|earlier|until|initially)\b.{1,300}\b(?:now|since then)\b.{0,40}\b(?:works?|working|well|fine|gone|fixed|solved|resolved|good)\b"
    r"|^[\"“][^\"”]{1,200}[\"”] was (?:the|my|an|its) (?:old|first|earlier|previous) (?:message|error)\b",
    re.IGNORECASE,
)
# The time, the level and the blanks before a message of rich, loguru and the like.
_LEVEL = regex(r"[\d:.,\- TZ\[\]/]{5,32}\s?(?:ERROR|WARNING|CRITICAL|WARN|FATAL)\b[\s|:-]{1,8}")
_ADDRESS = regex(r"0x[0-9a-f]+")
_NOISE = dict.fromkeys(map(ord, "0123456789 \t"))
_CAPABILITY = regex(
    r"(?:^|[:>\"'`(])\s{0,8}([A-Z][\w .()/-]{1,60}?) with CUDA capability (sm_\d{2,3})"
)
_FOUND_GPU = regex(
    r"Found GPU\s?\d{0,2} ([\w .()/-]{2,60}?) which is of (?:cuda|compute) capability (?:\(CC\) )?(\d{1,2}\.\d)"
)
_SUPPORTS = regex(
    r"(?:supports|capabilities supported by this (?:library|PyTorch)(?: is| are)?|supports CUDA capabilities) ?:? ((?:\(?(?:sm|compute)_\d{2,3}[af]?\)?[ ,]{0,2}){1,40})"
)
_TOO_OLD = regex(r"too old \(found version (\d{4,6})\)")
_LINKED = regex(
    r"against\s*\((\d+), ?(\d+), ?(\d+)\) but (?:linked against|found runtime version) \((\d+), ?(\d+), ?(\d+)\)"
)
_GPU_TEXT = regex(
    r"\((?:GPU|Compute|sm)[ _]?(\d{1,2}\.\d)\)|name='([^']{2,60})', major=(\d{1,2}), minor=(\d)"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the error lines, joined with what continues them, and the claims that their numbers make."""
    yield from _lines(paste)
    yield from _numbers(paste)
    yield from _refusals(paste)


def _lines(paste: Paste) -> Iterator[Claim]:
    hits: set[int] = set()
    for trigger in paste.among(_TRIGGERS):
        hits.update(paste.holding(trigger))
    hits.update(_recognised(paste))
    # somebody else's, or denied: no failure of this torch
    hits.difference_update(index for index, here in without_cuda(paste) if not here)
    seen: set[str] = set()
    for index in sorted(hits):
        text = paste.lines[index].strip()
        low = text.lower()
        key = (_ADDRESS.sub("", low) if "0x" in low else low).translate(_NOISE)[:300]
        # a few letters say nothing, a few signs of Chinese say much
        if (len(text) < 8 and text.isascii()) or key in seen:
            continue
        quiet = (text[:1] == "|" and "no mig devices" not in low) or any(
            word in low for word in _QUIET if _SHOWN_SOURCE not in low
        )
        if low == "device: cpu" and _is_offloaded(paste, index):
            continue
        if (quiet and not _is_raised(text)) or (
            (" now " in low or text[:1] in ('"', "“")) and _GONE.search(text)
        ):
            continue
        seen.add(key)
        whole = _joined(paste, index)
        line = paste.number(index)
        error = ErrorSeen(one_line(whole, 900), None, code_of(whole), line)
        # of a long log the exceptions are kept, not whatever came first
        raised = error.code is not None or _is_raised(text)
        yield Claim("errors_seen", error, line, Seen.OBSERVED if raised else Seen.SESSION)
        if len(seen) >= 4 * MOST:
            return


def _is_offloaded(paste: Paste, index: int) -> bool:
    """Whether the lines around are a configuration of DeepSpeed, which keeps a part of the work on the CPU."""
    around = "\n".join(paste.lines[max(0, index - 2) : index + 3]).lower()
    return "pin_memory" in around or "offload" in around


def _recognised(paste: Paste) -> Iterator[int]:
    """Yield the lines that carry an error text of the matrix, whatever words it is made of."""
    for needle in paste.among(plain_texts(paste.matrix)):
        yield from paste.holding(needle)[:_OF_ONE_TEXT]


def _joined(paste: Paste, index: int) -> str:
    """Return the line with what follows, where it ends in the middle of a sentence or the next is indented."""
    whole = paste.lines[index].strip()
    margin = _indent(paste.lines[index])
    for following in paste.lines[index + 1 : index + 4]:
        goes_on = (
            _UNFINISHED.search(whole[-20:])
            or (_indent(following) >= margin + 2 and _is_raised(whole))
            or _is_under_message(paste.lines[index], following)
        )
        if not goes_on or _STARTS_NEW.match(following) or len(whole) > 700:
            break
        whole += " " + following.strip()
    return whole


def _is_under_message(line: str, following: str) -> bool:
    """Whether a logger broke its message, and what follows stands where the message of *line* begins."""
    level = _LEVEL.match(line)
    return level is not None and _indent(following) == level.end() and bool(following.strip())


def _is_raised(text: str) -> bool:
    """Whether a line names an exception or says in capitals what it is."""
    return any(sign in text for sign in _SIGNS) and bool(_RAISED.search(text))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _numbers(paste: Paste) -> Iterator[Claim]:
    for literal in ("with cuda capability", "which is of cuda capability"):
        for index, _ in paste.with_(literal, 1):  # torch asked the driver: it has CUDA
            yield from implied([Claim("torch_variant", "cuda", paste.number(index), Seen.OBSERVED)])
    for match, line in paste.find(_CAPABILITY, "with cuda capability", 20):
        yield Claim(
            "gpu_capability",
            GpuCapability(match[1].strip(), values.capability(match[2])),
            line,
            Seen.OBSERVED,
        )
    for match, line in paste.find(_FOUND_GPU, "capability", 20):
        yield Claim(
            "gpu_capability",
            GpuCapability(match[1].strip(), values.capability(match[2])),
            line,
            Seen.OBSERVED,
        )
    for needs in ("supports", "supported by this"):
        for match, line in paste.find(_SUPPORTS, needs, 20):
            yield Claim("arch_list", values.targets(match[1]), line, Seen.OBSERVED)
    for match, line in paste.find(_TOO_OLD, "found version", 10):
        cuda = values.cuda_from_number(match[1])
        if cuda:
            yield Claim("driver_cuda", cuda, line, Seen.OBSERVED)
            yield Claim("cuda_available", False, line, Seen.SESSION, implied=True)
    for match, line in paste.find(_LINKED, "against", 50):
        yield Claim("cudnn_version", ".".join(match.groups()[3:]), line, Seen.OBSERVED)
    for needs in ("(gpu", "(compute", "(sm", "name='"):
        for match, line in paste.find(_GPU_TEXT, needs, 400):
            capability = values.capability(match[1] or f"({match[3]}, {match[4]})")
            yield Claim("gpu_capability", GpuCapability(match[2], capability), line, Seen.OBSERVED)


def _refusals(paste: Paste) -> Iterator[Claim]:
    """Yield what the exceptions of torch's CUDA start-up mean as observations."""
    for index in (index for index, here in without_cuda(paste) if here):
        line = paste.number(index)
        yield from torch_words.variant("cpu", line, Seen.BANNER)
        yield Claim("cuda_available", False, line, Seen.SESSION, implied=True)
    for literal in (
        "no cuda gpus are available",
        "found no nvidia driver on your system",
        "no hip gpus are available",
        "cuda initialization:",
        "torch is not able to use gpu",
    ):
        for index, text in paste.with_(literal, 1):
            if "nvml" not in text.lower():
                yield Claim(
                    "cuda_available", False, paste.number(index), Seen.SESSION, implied=True
                )
            if "hip" in literal:
                yield from implied(torch_words.variant("rocm", paste.number(index), Seen.BANNER))
    for index, text in paste.with_("cuda out of memory", 3):
        # torch's allocator says so, of a GPU that it works on
        if _is_raised(text) or "tried to allocate" in text.lower():
            yield Claim("cuda_available", True, paste.number(index), Seen.TRACE, implied=True)
