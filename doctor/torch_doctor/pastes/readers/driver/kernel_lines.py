"""dmesg and journal lines about GPUs: NVRM, Xid, nouveau, PCIe errors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelEvent, KernelModule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

_XID = regex(r"Xid \((?:PCI:)?([0-9A-Fa-f:.]{4,20})\)?\)?: (\d{1,3})\b")
_BUS = regex(r"\b((?:[0-9A-Fa-f]{4,8}:)[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}(?:\.\d)?)")
_VERSION = regex(
    r"NVRM version: NVIDIA UNIX (Open )?.{0,60}?Kernel Module.{0,40}?\s(\d{3}\.\d{1,4}(?:\.\d{1,3})?)"
)
_MISMATCH = regex(
    r"API mismatch: (?:the )?client (?:has the )?version (\d{3}(?:\.\d{1,4}){1,2})", re.IGNORECASE
)
_MODULE_HAS = regex(
    r"\bkernel module (?:has the )?version (\d{3}(?:\.\d{1,4}){1,2})", re.IGNORECASE
)
# Installers and source trees carry their release in their names; the first can leave the module out.
_RUN_FILE = regex(
    r"NVIDIA-Linux-(?:x86_64|aarch64)-(\d{3}(?:\.\d{1,4}){1,2})(?:-\w{1,20})?\.run\b([^\n]{0,200})"
)
_SOURCES = regex(r"open-gpu-kernel-modules-(\d{3}(?:\.\d{1,4}){1,2})")
_XID_IN_WORDS = regex(
    r"\bXids?(?: (?:error|code|errors|codes))?[ :=#]{1,3}(\d{2,3})\b(?![.:])", re.IGNORECASE
)
_NO_XID = regex(r"\b(?:no|not|without|never|isn't|unlike)\b[^.,;]{0,30}$", re.IGNORECASE)
_EVENTS = (
    "nvrm:",
    "nvidia-nvswitch",
    "pcie bus error",
    "nvidia-modeset",
    "fallen off the bus",
    "rminitadapter",
    "nouveau 0000",
    "sxid",
    "aer: ",
)
_SIGNS = ("nvrm", "nvidia-", "pcie", "fallen", "nouveau", "xid", "aer: ")
_NOUVEAU_LISTED = regex(
    r"\blsmod\b[`'\"]? (?:still |only |just )?(?:says?|shows?|lists?|has|prints?|gives?)(?:(?!\b(?:no|not|neither|nothing|nor|without)\b)[^.;\n]){0,30}\bnouveau\b"
    r"|\bnouveau (?:module |driver )?is (?:still |now )?(?:loaded|in use)\b",
    re.IGNORECASE,
)
_MOST = 200


def read(paste: Paste) -> Iterator[Claim]:
    """Yield kernel events; lines of one message are joined."""
    yield from _module(paste)
    yield from _installed(paste)
    taken: set[int] = set()
    suspects = paste.has(*_SIGNS)
    for needs in _EVENTS if suspects else ():
        for index, text in paste.with_(needs, _MOST):
            if index in taken or _NO_XID.search(text[: max(0, text.lower().find(needs))]):
                continue
            whole, last = text.strip(), index
            while (
                last + 1 < len(paste.lines)
                and last < index + 8
                and _continues(paste.lines[last], paste.lines[last + 1])
            ):
                last += 1
                whole += " " + paste.lines[last].partition("NVRM:")[2].strip()
            taken.update(range(index, last + 1))
            xid = _XID.search(whole)
            bus = _BUS.search(whole)
            number = int(xid[2]) if xid else None
            event = KernelEvent(
                one_line(whole, 400), number, xid[1] if xid else bus[1] if bus else None
            )
            yield Claim("kernel_events", event, paste.number(index), Seen.OBSERVED)
    if not taken:
        yield from _in_words(paste)
    for index, text in paste.with_("nouveau", 10):
        if re.search(r"^\s*nouveau\s+\d{4,}|driver in use: nouveau", text):
            yield Claim("nouveau_loaded", True, paste.number(index), Seen.OBSERVED)
    for sentence in sentences(paste, "nouveau"):
        if _NOUVEAU_LISTED.search(sentence.text):
            yield Claim("nouveau_loaded", True, sentence.line, Seen.WORDS)


def _installed(paste: Paste) -> Iterator[Claim]:
    """Yield the releases that were installed by hand, where module and libraries are said to differ."""
    if not paste.has("version mismatch", "api mismatch"):
        return
    for match, line in paste.find(_RUN_FILE, "nvidia-linux-", 10):
        if "--no-kernel-module" in match[2]:
            release = values.driver(match[1])
            yield Claim("driver_library_release", release, line, Seen.COMMAND, implied=True)
    for match, line in paste.find(_SOURCES, "open-gpu-kernel-modules-", 10):
        release = values.driver(match[1])
        if release:
            module = KernelModule(release, "open")
            yield Claim("kernel_module", module, line, Seen.COMMAND, implied=True)


def _in_words(paste: Paste) -> Iterator[Claim]:
    """Yield the Xids that words name, where the log itself was not pasted."""
    for index, text in paste.with_("xid", 20):
        for match in _XID_IN_WORDS.finditer(text) if len(text) < 600 else ():
            if not _NO_XID.search(text[max(0, match.start() - 60) : match.start()]):
                event = KernelEvent(one_line(text.strip(), 400), int(match[1]), None)
                yield Claim("kernel_events", event, paste.number(index), Seen.WORDS)


def _continues(line: str, following: str) -> bool:
    head, mark, rest = following.partition("NVRM:")
    return (
        bool(mark)
        and "NVRM:" in line
        and not re.match(r"\s*(The NVIDIA|Xid|GPU|API|RmInit|This can|Xid)", rest)
        and "Xid" not in rest
        and not line.rstrip().endswith(".")
        and len(head) < 60
    )


def _module(paste: Paste) -> Iterator[Claim]:
    if not paste.has("nvrm"):
        return
    for match, line in paste.find(_VERSION, "nvrm version", 3):
        release = values.driver(match[2])
        if release:
            yield Claim(
                "kernel_module",
                KernelModule(release, "open" if match[1] else "proprietary"),
                line,
                Seen.TOOL,
            )
            yield Claim("driver_release", release, line, Seen.SESSION)
    for match, line in paste.find(_MISMATCH, "api mismatch", 3):
        yield Claim("driver_library_release", values.driver(match[1]), line, Seen.OBSERVED)
    for match, line in paste.find(_MODULE_HAS, "kernel module", 20):
        release = values.driver(match[1])
        if release:
            yield Claim("kernel_module", KernelModule(release), line, Seen.OBSERVED)
