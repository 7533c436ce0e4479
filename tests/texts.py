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
    text = _joined(_PARSER.parse(pattern))
    if not re.search(pattern, text, re.IGNORECASE):
        msg = f"{text!r} does not match {pattern!r}"
        raise ValueError(msg)
    return text


def _joined(parts: Iterable[tuple[Any, Any]]) -> str:
    return "".join(_text(str(kind), value) for kind, value in parts)


def _text(kind: str, value: Any) -> str:
    if kind == "LITERAL":
        return chr(value)
    if kind == "RANGE":
        return chr(value[0])
    if kind == "CATEGORY":
        return _CATEGORIES[str(value)]
    if kind == "IN":
        kind, value = value[0]
        return _text(str(kind), value)
    if kind == "BRANCH":
        return _joined(value[1][0])
    if kind == "SUBPATTERN":
        return _joined(value[3])
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        return _joined(value[2]) * value[0]
    if kind in ("ANY", "NOT_LITERAL", "NEGATE"):
        return " "
    if kind in ("AT", "ASSERT", "ASSERT_NOT"):
        return ""
    msg = f"a pattern with {kind}"
    raise ValueError(msg)
