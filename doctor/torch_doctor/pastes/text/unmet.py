"""Words that say that no installer had a torch that was asked for: "pip can't find torch==2.0.0+cu118"."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

_MARK = r"[`'\"*]{0,3}"
_TORCH = rf"(?<![\w./-]){_MARK}torch{_MARK}\s?(?:[=~]=|>=|=|version )?\s?[(v`'\"*]{{0,3}}(\d{{1,2}}\.\d{{1,2}}(?:\.\d{{1,2}})?(?:\.dev\d{{8}})?(?:\+\w{{2,12}})?)"
_NOT_FOUND = (
    r"\bno matching (?:distribution|version)|\bmatching distribution (?:is |was )?not found|"
    r"\b(?:can(?:no|')t|can not|could(?: not|n't)|unable to) (?:find|resolve|locate)(?: an?| any| the)?"
    r"(?: (?:matching|compatible|suitable))?(?: (?:version|distribution|wheel|release|package)s?)?\b"
    r"|找不到|没有匹配|没有找到|無法找到|無符合|見つかりません"
)
# What may stand between those words and torch; anything else is what was not found.
_FILLING = (
    r"(?:[\s\"'`:,(*]{0,4}\b(?:errors?|with|for|of|the|an?|cuda|gpu|supported|version|versions|package|that|satisf\w+|"
    r"requirements?|when|installing|install|found|matching|distribution|torch|pytorch|匹配的版本)\b){0,9}[\s\"'`:,(*]{1,4}"
)
_PATTERNS = (
    rf"(?:{_NOT_FOUND}){_FILLING}{_TORCH}",
    # the requirement first, and behind it, in the same sentence, what pip said of it
    rf"{_TORCH}(?:(?!\. )[^\n;]){{0,90}}?(?:no matching (?:distribution|version)|could not find a version|找不到|没有匹配)",
    rf"{_TORCH}[`'\"*)]{{0,3}}(?: and torch(?:vision|audio)\S{{0,32}}){{0,2}},? (?:(?:is|are|was|can|could) ?)?(?:not (?:be )?found|not (?:available|present|there)(?! yet)\b|missing from|gone from|unavailable|no longer (?:available|exists)|does(?:n't| not) exist|不存在)",
)
_UNMET = tuple(regex(pattern, re.IGNORECASE) for pattern in _PATTERNS)


def unmet(text: str) -> str | None:
    """Return the version of torch that *text*, one line, says was not to be had."""
    if "torch" not in text.lower():
        return None
    found = next(filter(None, (pattern.search(text) for pattern in _UNMET)), None)
    return found[1] if found else None
