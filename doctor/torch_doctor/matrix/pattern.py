"""Regular expressions over many texts: most texts are ruled out by a plain search for what every match contains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from torch_doctor.core.startup import regex

# What of a pattern is no plain text: a class, a group, any sign, a sign that may be missing or repeated.
_VAGUE = regex(
    r"(?:\\\w|\[[^\]]*\]|\([^()]*\)|\.)(?:[+*?]|\{[^}]*\})?|(?:\\.|.)(?:[+*?]|\{[^}]*\})"
)
_SYNTAX = regex(r"(?<!\\)[][(){}|^$*+?]")
_NUMBERED = regex(r"\\[xuUN\d]")  # a sign given by its number, or a group again


def carries(pattern: str, text: str) -> bool:
    """Whether *pattern* is found in *text*, in capitals or not."""
    known = needles(pattern)
    if known:
        folded = text.lower()
        if not any(needle in folded for needle in known):
            return False
    return compiled(pattern).search(text) is not None


def fits(pattern: str, text: str) -> bool:
    """Whether *pattern* is all of *text*, in capitals or not."""
    return compiled(pattern).fullmatch(text) is not None


@lru_cache(4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a *pattern* of the matrix or of a rule, in capitals or not; ``re`` itself remembers 512 alone."""
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(1024)
def needles(pattern: str) -> tuple[str, ...]:
    """Return plain texts, in lower case, of which every match of *pattern* contains one; none if unsure."""
    found = tuple(map(_needle, _alternatives(pattern)))
    return found if all(found) else ()


def _needle(pattern: str) -> str:
    plain = _VAGUE.sub("\0", pattern)
    if _SYNTAX.search(plain) or _NUMBERED.search(pattern):
        return ""
    return max(plain.replace("\\", "").split("\0"), key=len).lower()


def _alternatives(pattern: str) -> Iterator[str]:
    """Yield what stands between the bars that are in no group and no class."""
    depth = start = at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign == "|" and depth == 0:
            yield pattern[start:at]
            start = at + 1
        at += 1
    yield pattern[start:]
