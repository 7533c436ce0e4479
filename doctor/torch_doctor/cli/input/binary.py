"""Files that hold no text: what they are, by their first bytes, and what to do with them."""

from __future__ import annotations

from torch_doctor.core.text import wide_encoding
from torch_doctor.core.tuples import NamedTuple

_LOOKED_AT = 1 << 16  # bytes
_MOST = (
    0.02  # of control characters: text has tabs, line ends, colours, and now and then a stray one
)
_OF_TEXT = b"\t\n\r\f\b\x1b"
_STRANGE = bytes(byte for byte in range(1, 32) if byte not in _OF_TEXT)
_ENDS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Binary(NamedTuple):
    """What a file is in words, and the cure."""

    what: str
    cure: str


_PACKED = "unpack it, and name the text in it"
_PICTURE = "copy the text that it shows into a file"
_OTHER = "name a text file"
_KINDS = (
    (b"\x1f\x8b", "a gzip archive", _PACKED),
    (b"PK\x03\x04", "a zip archive", _PACKED),
    (b"BZh", "a bzip2 archive", _PACKED),
    (b"\xfd7zXZ\x00", "an xz archive", _PACKED),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _PACKED),
    (b"7z\xbc\xaf", "a 7z archive", _PACKED),
    (b"\x89PNG", "a picture", _PICTURE),
    (b"\xff\xd8\xff", "a picture", _PICTURE),
    (b"GIF8", "a picture", _PICTURE),
    (b"%PDF", "a PDF", _PICTURE),
    (b"\x7fELF", "a program or a library", _OTHER),
    (b"MZ\x90", "a program or a library", _OTHER),
    (b"SQLite format 3", "a database", _OTHER),
)


def binary_kind(data: bytes) -> Binary | None:
    """Return what *data* is where it is no text; None for text in any encoding."""
    for start, what, cure in _KINDS:
        if data.startswith(start):
            return Binary(what, cure)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Binary("a picture", _PICTURE)
    if len(data) > _LOOKED_AT and not data.strip(b"\0"):
        return Binary("nothing but null bytes, as a loss of power leaves it", _OTHER)
    head = data[:_LOOKED_AT]
    if head.startswith(_ENDS_OF_UTF16):
        return None
    # a log that was cut off may hold thousands of null bytes
    plain = len(head) - head.count(0)
    strange = len(head) - len(head.translate(None, _STRANGE))
    if strange > max(3, plain * _MOST):
        return Binary("no text", _OTHER)
    return None


def unmarked(data: bytes) -> Binary | None:
    """Return the encoding of text that is in no form that is read, with the cure; None for other data."""
    encoding = wide_encoding(data)
    if not encoding:
        return None
    return Binary(f"{encoding} text", f"write it as UTF-8: iconv -f {encoding} -t UTF-8 OLD > NEW")
