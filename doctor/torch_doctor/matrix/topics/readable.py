"""The pattern of a signature as a text that people read."""

from __future__ import annotations

import re

# Innermost first: an optional group, a choice (its first alternative), a class or a sign that stands for several.
_STEPS = (
    (r"\(\?<?[=!][^()]*\)", ""),
    (r"\(\?:([^()|]*)\)\?", r"\1"),
    (r"\(\?:([^()|]*)(?:\|[^()]*)?\)", r"\1"),
    (r"\\s[+*]?", " "),
    (r"(?:\\[SwdW]|\[[^\]]*\]|(?<!\\)\.)(?:[+*]|\{[^}]*\})\??", "…"),
    (r"\\[wdS]|\[[^\]]*\]", "…"),
    (r"\\b", ""),
    (r"(\\?.)\?", r"\1"),
)


def readable(pattern: str) -> str:
    """Return a regular expression of the matrix as the text that it stands for, with … for what varies."""
    text = pattern.replace(r"\(", "\x01").replace(r"\)", "\x02").replace(r"\[", "\x03")
    text = text.replace(r"\]", "\x04").replace(r"\?", "\x05").replace(r"\.", "\x06")
    for before, after in _STEPS:
        last = None
        while last != text:
            last, text = text, re.sub(before, after, text)
    text = text.replace("\\", "").translate(str.maketrans("\x01\x02\x03\x04\x05\x06", "()[]?."))
    return re.sub(r"…(?:[ .]*…)+", "…", " ".join(text.split()))
