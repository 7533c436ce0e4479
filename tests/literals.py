"""What every match of a pattern must hold, worked out from the pattern itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

try:
    from re import _constants as sre
    from re import _parser as parser
except ImportError:  # Python 3.10
    import sre_constants as sre
    import sre_parse as parser

_VAGUE = "\0"  # any text
_FEW = 10  # signs of a class that are tried each


def is_in_every_match(words: Iterable[str], pattern: str, flags: int = 0) -> bool:
    """Whether every match of *pattern*, in lower case, holds one of *words*."""
    wanted = tuple(words)
    return not _without(parser.parse(pattern, flags), {""}, wanted, max(map(len, wanted)))


def _without(tree: Any, before: set[str], words: tuple[str, ...], longest: int) -> set[str]:
    """Return the ends of the texts that hold none of *words* yet, where *tree* has matched behind *before*."""
    for item in tree:
        before = {
            end[-longest:]
            for end in _behind(item, before, words, longest)
            if not any(word in end for word in words)
        }
    return before


def _behind(item: Any, before: set[str], words: tuple[str, ...], longest: int) -> set[str]:
    kind, value = item
    if kind in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return before
    if kind is sre.LITERAL:
        return {end + chr(value).lower() for end in before}
    if kind is sre.IN and len(value) <= _FEW and all(one[0] is sre.LITERAL for one in value):
        return {end + chr(sign).lower() for end in before for _, sign in value}
    if kind is sre.IN and value == [(sre.CATEGORY, sre.CATEGORY_DIGIT)]:
        return {end + figure for end in before for figure in "0123456789"}
    if kind is sre.SUBPATTERN:
        return _without(value[-1], before, words, longest)
    if kind is sre.BRANCH:
        return set().union(*(_without(one, before, words, longest) for one in value[1]))
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, repeated = value
        once = _without(repeated, before, words, longest)
        ends = once if least else before | once
        return ends if most == 1 else ends | {_VAGUE for _ in once}
    return {end + _VAGUE for end in before}
