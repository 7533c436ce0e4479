"""Make text from outside safe to print: what could act on a terminal becomes visible instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

# C0 (but not newline and tab), DEL, C1, bidi controls, line separators, BOM, non-characters:
# what terminals and viewers act on.
_ACTIVE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"

_QUOTES = "\"'`´“”„‘’‚«»‹›"


def both_ends(data: bytes, most: int = 4000) -> str:
    """Return what a program printed, of more than *most* bytes the first and the last.

    C++ names its error before a long list of frames, Python after it.
    """
    if len(data) > most:
        data = data[: most // 2] + b"\n...\n" + data[-(most // 2) :]
    return visible(data.decode("utf-8", "replace"), most + 100)


def visible(text: str, limit: int = 4096) -> str:
    r"""Return *text* with control, bidi and lone surrogate characters written as ``\\xNN``.

    Newlines and tabs stay. Text beyond *limit* characters is cut and says so.
    """
    if len(text) > limit:
        text = f"{text[:limit]}… ({len(text) - limit} more characters)"
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text  # nearly every text, and the pattern need not be compiled for it
    return re.sub(_ACTIVE, _escape, text)


def one_line(text: str, limit: int = 400) -> str:
    """Return *text* made visible and folded onto one line."""
    return visible(" ".join(text.split()), limit)


def unquoted(text: str) -> str:
    """Return what was typed without the quotes around it, its blanks made single."""
    return " ".join(text.split()).strip(_QUOTES + " ")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def pci_place(text: str) -> str:
    """Return ``0000:18:00`` or NVML's ``00000000:18:00.0`` as the kernel names the device, ``0000:18:00.0``."""
    domain, colon, rest = text.lower().partition(":")
    if not colon:
        return domain
    if len(domain) == 8 and domain.startswith("0000"):
        domain = domain[4:]
    return f"{domain}:{rest}" if "." in rest else f"{domain}:{rest}.0"


def plural(count: int, noun: str, many: str = "") -> str:
    """Return ``1 GPU`` or ``3 GPUs``; *many* is the plural where an s alone does not make it."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"


def listing(items: list[str] | tuple[str, ...], last: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def texts_in(value: object) -> Iterator[str]:
    """Yield every text of a value, however deep in tuples and records it lies."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts_in(item)


def wide_encoding(data: bytes) -> str:
    """Return the encoding of text in units of two or four bytes, marked or not; empty for other data.

    Nearly all text of programs is ASCII, so that all bytes of a unit but one are nulls.
    """
    head = data[:4096]
    for width, family in ((4, "UTF-32"), (2, "UTF-16")):
        units = len(head) // width
        places = [head[place : units * width : width].count(0) for place in range(width)]
        for order, plain in (("LE", 0), ("BE", width - 1)):
            others = places[:plain] + places[plain + 1 :]
            if units and places[plain] * 10 <= units and min(others) * 10 >= units * 9:
                return f"{family}{order}"
    return ""
