"""What torch answers about devices of other makers: ``torch.xpu.is_available()`` and its False."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_DENIED = regex(
    r"xpu\.is_available(?:\(\))?[`'\")]{0,3}\s{0,3}(?:#|=>|->|==?|:|is|was|still|prints?|gives?|shows?|says|returns?|outputs?|,){0,2}"
    r"\s{0,3}(?:still |always |only |just )?[`'\"*]{0,3}False\b"
)
_ASKED = regex(
    r"^\s{0,8}(?:>>>|In ?\[\d{1,4}\]:|print\(|torch\.).{0,60}xpu\.is_available\(\)[)]{0,2}\s*$"
)
_TEXT = "torch.xpu.is_available() is False"


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch denies XPU, once."""
    for index, text in paste.with_("xpu.is_available", 10):
        below = next((one.strip() for one in paste.lines[index + 1 : index + 3] if one.strip()), "")
        if _DENIED.search(text) or (_ASKED.search(text) and below in ("False", "Out[1]: False")):
            line = paste.number(index)
            yield Claim("errors_seen", ErrorSeen(_TEXT, line=line), line, Seen.SESSION)
            return
