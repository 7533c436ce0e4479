"""Whether a sentence tells what is so here: no advice, no condition, nobody else's; and where a container is named, that it fails there."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.somebody import SOMEBODY

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
# What would be, what is asked or advised, and what a page says, before the words in question.
_SUPPOSED = regex(
    r"\b(?:if|when|whenever|unless|until|without (?:it|this|that|them)|whether|where|asserts?|should|would|could|might|may|in case|suppose|expect\w*|for (?:people|users|those)|docs?|documentation|readme|manual|page|guide|article|tutorial)\b[^.;\n]{0,60}$"
    r"|如果|若",
    2,
)
_OTHER_TIME = regex(
    rf"\b(?:colleagues?|others?|used to|earlier|before|previously|last (?:week|month|year|time)|yesterday|at first|initially|first|once|without(?! -)|{SOMEBODY})\b[^.;\n]{{0,60}}$"
    r"|之前|以前|原来",
    2,
)
_NATIVE = regex(r"\binstall\w* (?:\w+ ){0,3}(?:natively|locally|directly on)\b", re.IGNORECASE)
# "Why does it not …?" tells that it does not.
_COMPLAINT = regex(
    r"\W{0,3}(?:\w{1,8}[,:]? ){0,2}(?:why|how come|what(?:['’]s| is) wrong)\b|为什么", re.IGNORECASE
)
_ENDS = regex(r"[.;!?](?=\s|$)")


def is_installed_natively(paste: Paste) -> bool:
    """Whether a report says that the program was installed on the system itself."""
    return paste.says(_NATIVE, "natively", "locally", "directly on")


def is_supposed(text: str, start: int) -> bool:
    """Whether the words before *start* of *text* make a condition, a wish or a rule of what follows."""
    return bool(_SUPPOSED.search(text[:start]))


def is_asked(text: str, start: int) -> bool:
    """Whether the sentence of *text* in which *start* lies asks whether something is so: "do I need …?"."""
    first = max((stop.end() for stop in _ENDS.finditer(text, 0, start)), default=0)
    stop = _ENDS.search(text, start)
    sentence = text[first : stop.start() if stop else len(text)]
    return stop is not None and stop[0] == "?" and not _COMPLAINT.match(sentence)


def is_of_other_days(text: str, start: int) -> bool:
    """Whether the words before *start* of *text* put what follows into the past, or with somebody else."""
    return bool(_OTHER_TIME.search(text[:start]))


def is_no_statement(text: str, start: int, end: int) -> bool:
    """Whether the sentence asks, tells of somebody or something else, or says that it works there."""
    first = max((stop.end() for stop in _ENDS.finditer(text, 0, start)), default=0)
    stop = _ENDS.search(text, end)
    sentence = text[first : stop.start() if stop else len(text)]
    asks = stop is not None and stop[0] == "?" and not _COMPLAINT.match(sentence)
    if text[end : end + 2].lstrip(")").startswith(":"):
        return False  # what failed there follows
    works = _WORKS.search(sentence) and not _UNLESS.search(sentence)
    return asks or bool(works or _OTHERS.search(text[first:start]))
