"""Inline tables of TOML 1.1, which may take several lines and end in a comma: written as TOML 1.0 has them."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex

# A text in quotes (one that nothing closes ends with its line), a comment, or a sign that opens, parts or closes;
# whatever else stands between is left as it is.
_TOKEN = regex(
    r'''"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)|'''
    r"""'''.*?(?:'{3,5}|\Z)|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|"""
    r"#[^\n]*|[\[\]{}]|,|\n|[^\"'#\[\]{},\n]+|.",
    16,
)


def narrowed(text: str) -> str:
    """Return *text* with each inline table on the line on which it begins; the lines behind it keep their numbers."""
    return "".join(_narrowed(text))


def _narrowed(text: str) -> Iterator[str]:
    open_, within, owed, comma = list[str](), 0, 0, ""
    for match in _TOKEN.finditer(text):
        sign = match[0]
        if within and (sign == "\n" or sign[0] == "#" or sign.isspace()):
            owed += sign == "\n"
            continue
        if comma and sign != "}":
            yield comma
        comma = ""
        if sign in ("{", "["):
            open_.append(sign)
            within += sign == "{"
        elif sign in ("}", "]") and open_:
            within -= open_.pop() == "{"
        elif sign == "," and within and open_[-1] == "{":
            comma = sign
            continue
        yield sign
        if owed and not within:
            yield "\n" * owed
            owed = 0
