"""``ls`` of device files and of WSL's libraries: which are there, and that there are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import DeviceNode, LibraryFile
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_NODE = regex(r"(?<![\w=:])/dev/(nvidia(?:\d{1,2}|ctl|-uvm|-uvm-tools|-modeset))(?![\w/:-])")
_LONG = regex(r"^\W{0,4}c([r-][w-])[x-]([r-][w-])[x-]([r-][w-])[x-]")
_NONE = regex(
    r"(?:cannot access|zsh: no matches found|no matches for wildcard)\W{1,12}/dev/nvidia\S{0,4}|/dev/nvidia\*\S{0,2} ?: No such file",
    re.IGNORECASE,
)
_FILES = r"[`'\"*]{0,2}/dev/nvidia(?:\*|\d|ctl|X|#|\[0-9\])?(?![\w/-])[`'\"*]{0,3}"
# "no /dev/nvidia*", "/dev/nvidia0 does not exist", "the /dev/nvidia* files are missing", 没有 /dev/nvidia0
_NONE_IN_WORDS = regex(
    rf"(?:\b(?:no|not any|there (?:is|are) no(?:t any)?|without(?: any)?|lacks?|missing|(?:can't|cannot|could not|couldn't|don't|doesn't|do not|does not) (?:see|find|have|contain|get|create|show)(?: any)?)"
    rf"|没有|找不到|缺少|看不到|不存在)\s?(?:the |any |device files? |devices? |entries? |nodes? |such as |like ){{0,3}}{_FILES}"
    rf"|{_FILES}\s?(?:(?:device )?(?:files?|devices?|nodes?|entries|文件|设备)\s?)?(?:(?:is|are|was|were) (?:all )?(?:missing|absent|gone|not (?:there|present|found|available|created|visible|mounted|mapped|exposed))|(?:do|does|did)(?: not|n't) (?:exist|appear|show up)"
    r"|not (?:found|present|there|existing)|missing\b|disappear\w*|不存在|不见了|没有|缺失|が(?:ない|ありません|存在しない))",
    re.IGNORECASE,
)
_CONDITION = regex(
    r"\b(?:if|whether|check|when|unless|make sure|in case|verify)\b[^.;\n]{0,40}$|如果|是否",
    re.IGNORECASE,
)
_OF_WINDOWS = "/usr/lib/wsl/lib"  # where WSL lays the libraries of the driver of Windows
_LISTED = regex(r"(?:^|[\s/])libcuda\.so(?:\.1)?(?:\.1)?(?:$|[\s*@])")
_NOT_THERE = regex(r"No such file|cannot access|not found|doesn't exist|does not exist|missing")
_DXG = r"[`'\"]{0,2}/dev/dxg[`'\"]{0,2}"
# "/dev/dxg is missing", "there is no /dev/dxg", 没有 /dev/dxg
_NO_DEVICE = regex(
    rf"(?:cannot access\W{{1,4}}|\b(?:no|without|lacks?|missing|not have|n't have|n't see|not find|n't find)(?: an?| the| any| file| device)*:? |没有\s?|找不到\s?|缺少\s?){_DXG}"
    rf"|{_DXG}:?\s?(?:(?:(?:file|device) )?(?:is |was )?(?:missing|absent|gone|not (?:there|found|present|available|existing|mounted))|(?:does|did)(?: not|n't) exist|no such file|不存在|不见了|没有|缺失|が(?:ない|ありません|存在しない))",
    re.IGNORECASE,
)
_LONGEST = 12  # lines of one listing
_PROSE = regex(r"[a-z]{3,} [a-z]{2,}")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the files that are listed; sentences about them list none."""
    for index, text in paste.with_("/dev/nvidia", 60):
        line = paste.number(index)
        if _NONE.search(text):
            yield Claim("no_device_files", "/dev/nvidia", line, Seen.OBSERVED)
            continue
        denied = _NONE_IN_WORDS.search(text)
        if denied and not _CONDITION.search(text[: denied.start()]):
            yield Claim("no_device_files", "/dev/nvidia", line, Seen.WORDS)
            continue
        long = _LONG.match(text)
        rest = _NODE.sub(" ", text)
        if not long and ("--device" in text or _PROSE.search(rest) or ":" in rest):
            continue
        # the rights of everybody else: who asks is mostly not root
        readable, writable = (long[3][0] == "r", long[3][1] == "w") if long else (True, True)
        for match in _NODE.finditer(text):
            node = DeviceNode(f"/dev/{match[1]}", readable, writable)
            yield Claim("device_nodes", node, line, Seen.TOOL)
    yield from _of_wsl(paste)


def _of_wsl(paste: Paste) -> Iterator[Claim]:
    """Yield that WSL's own device is not there, and libcuda where a listing of WSL's own folder of libraries shows it."""
    for index, text in paste.with_("/dev/dxg", 5):
        if _NO_DEVICE.search(text) and not _CONDITION.search(text[: text.find("/dev/dxg")]):
            at = paste.number(index)
            yield Claim("no_device_files", "/dev/dxg", at, Seen.WORDS)
            yield Claim("wsl", True, at, Seen.TRACE, implied=True)
    for index, text in paste.with_(_OF_WINDOWS, 20):
        if not re.search(rf"\bls\b[^\n]{{0,20}} {_OF_WINDOWS}|^\W{{0,4}}{_OF_WINDOWS}:", text):
            continue
        for ahead, line in enumerate(paste.lines[index : index + _LONGEST]):
            if _LISTED.search(line) and not _NOT_THERE.search(line):
                found = LibraryFile(f"{_OF_WINDOWS}/libcuda.so.1", "driver", None, "ls")
                yield Claim("libcuda_copies", found, paste.number(index + ahead), Seen.TOOL)
                return
