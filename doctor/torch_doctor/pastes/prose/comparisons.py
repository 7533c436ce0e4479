"""Words that compare: what works elsewhere, what was there before, what something requires is not what is here."""

from __future__ import annotations

import re

_COMPARED = re.compile(
    r"\b(?:works?|worked|working|fine|ok|okay|no (?:problem|issue)s?|was|before|older|previous(?:ly)?|earlier|upgrad\w+ to|updat\w+ to|downgrad\w+ to|requires?|needs?|expects?)\b(?:(?!\bbut\b)[^.;:()]|\.\d){0,50}$",
    re.IGNORECASE,
)
_REACH = 60  # letters before the name


def is_compared(text: str, start: int) -> bool:
    """Whether the words before what stands at *start* of *text* say that it is of another case than this one."""
    return bool(_COMPARED.search(text[max(0, start - _REACH) : start]))
