"""Whether a sentence that names a container says that the program that fails is in it."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.paste import Paste

# "we run Postgres in docker", "jobs run in docker", "the tutorial uses docker": not the program that fails
_OTHERS = regex(
    r"\b(?:we|they|people|everyone|others|colleagues?|jobs?|CI|pipelines?|services|databases?|postgres\w*|mysql|redis|nginx|tutorials?|guides?|readme|docs|documentation|examples?|articles?)\b",
    re.IGNORECASE,
)
_WORKS = regex(
    r"\b(?:works?|worked|working|fine|succeeds?|no (?:problem|issue)s?)\b", re.IGNORECASE
)
_UNLESS = regex(
    r"\b(?:but|not|cannot|never|longer|fails?|failed|false|unavailable|no (?:gpu|cuda))\b|n['’]t\b",
    re.IGNORECASE,
)
_NATIVE = regex(r"\binstall\w* (?:\w+ ){0,3}(?:natively|locally|directly on)\b", re.IGNORECASE)
_ENDS = regex(r"[.;!?](?=\s|$)")


def is_installed_natively(paste: Paste) -> bool:
    """Whether a report says that the program was installed on the system itself."""
    return paste.says(_NATIVE, "natively", "locally", "directly on")


def is_no_statement(text: str, start: int, end: int) -> bool:
    """Whether the sentence asks, tells of somebody or something else, or says that it works there."""
    first = max((stop.end() for stop in _ENDS.finditer(text, 0, start)), default=0)
    stop = _ENDS.search(text, end)
    asks = stop is not None and stop[0] == "?"
    sentence = text[first : stop.start() if stop else len(text)]
    if text[end : end + 2].lstrip(")").startswith(":"):
        return False  # what failed there follows
    works = _WORKS.search(sentence) and not _UNLESS.search(sentence)
    return asks or bool(works or _OTHERS.search(text[first:start]))
