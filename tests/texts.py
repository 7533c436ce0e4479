"""A text for a pattern: the shortest one that it matches, made from its parts."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable
from typing import Any

_PARSER: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "x",
    "CATEGORY_NOT_WORD": " ",
}


def text_for(pattern: str) -> str:
    """Return a text that *pattern* matches; raise ValueError where its parts are of a kind that is not known."""
    texts = [_joined(_PARSER.parse(pattern), between) for between in ("", " ")]
    for text in texts:
        if re.search(pattern, text, re.IGNORECASE):
            return text
    msg = f"neither of {texts} matches {pattern!r}"
    raise ValueError(msg)


def _joined(parts: Iterable[tuple[Any, Any]], between: str) -> str:
    return "".join(_text(str(kind), value, between) for kind, value in parts)


def _text(kind: str, value: Any, between: str) -> str:
    """Return a text for one part; *between* is what stands at the boundary of a word."""
    if kind == "LITERAL":
        return chr(value)
    if kind == "RANGE":
        return chr(value[0])
    if kind == "CATEGORY":
        return _CATEGORIES[str(value)]
    if kind == "IN":
        kind, value = value[0]
        return _text(str(kind), value, between)
    if kind == "BRANCH":
        return _joined(value[1][0], between)
    if kind == "SUBPATTERN":
        return _joined(value[3], between)
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        return _joined(value[2], between) * value[0]
    if kind in ("ANY", "NOT_LITERAL", "NEGATE"):
        return " "
    if kind == "AT" and str(value) == "AT_BOUNDARY":
        return between
    if kind in ("AT", "ASSERT", "ASSERT_NOT"):
        return ""
    msg = f"a pattern with {kind}"
    raise ValueError(msg)
