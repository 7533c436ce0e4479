"""What to write where an encoding lacks a character: a mark that still reads well, never an error."""

from __future__ import annotations

_ASCII = str.maketrans(
    {
        "✓": "+", "✗": "x", "…": "...", "×": "x", "→": "->", "≥": ">=", "≤": "<=", "·": "-",
        "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "°": " degrees ",
        "█": "#", "░": ".",
    }
)  # fmt: skip


def fit(text: str, encoding: str) -> str:
    """Return *text* as *encoding* can hold it: typographic signs in ASCII, the rest as escapes."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        pass
    except LookupError:
        encoding = "ascii"
    else:
        return text
    return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
