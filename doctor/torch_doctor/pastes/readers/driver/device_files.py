"""``ls /dev/nvidia*``: which device files are there, and that there are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import DeviceNode
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_NODE = re.compile(r"(?<![\w=:])/dev/(nvidia(?:\d{1,2}|ctl|-uvm|-uvm-tools|-modeset))(?![\w/:-])")
_LONG = re.compile(r"^\W{0,4}c([r-][w-])[x-]([r-][w-])[x-]([r-][w-])[x-]")
_NONE = re.compile(
    r"(?:cannot access|zsh: no matches found|no matches for wildcard)\W{1,12}/dev/nvidia\S{0,4}|/dev/nvidia\*\S{0,2}: No such file",
    re.IGNORECASE,
)
_PROSE = re.compile(r"[a-z]{3,} [a-z]{2,}")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the files that are listed; sentences about them list none."""
    for index, text in paste.with_("/dev/nvidia", 60):
        line = paste.number(index)
        if _NONE.search(text):
            yield Claim("no_device_files", True, line, Seen.OBSERVED)
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
