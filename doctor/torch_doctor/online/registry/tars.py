"""Names and small files of a tar archive that is read from the front: what is in between is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from torch_doctor.core.startup import Protocol

_BLOCK = 512
_NAME_BYTES = 1 << 16
_MOST_BYTES = 1 << 20
_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL = b"L", b"K", b"x", b"g"
_FILES = (b"0", b"\0", b"7")


class Readable(Protocol):
    """What can be read from the front: *take* returns fewer bytes only at the end; *skip* passes over some."""

    def take(self, count: int) -> bytes:
        """Return the next *count* bytes, fewer at the end."""

    def skip(self, count: int) -> None:
        """Leave the next *count* bytes out."""


class TarError(ValueError):
    """This is no tar archive, or it breaks off."""


def members(stream: Readable, wants: Callable[[str], bool]) -> Iterator[tuple[str, bytes | None]]:
    """Yield each name, with the bytes of regular files that are wanted and no larger than 1 MiB; raise TarError."""
    renamed: str | None = None
    while True:
        header = stream.take(_BLOCK)
        if len(header) < _BLOCK:
            raise TarError("it breaks off")
        if not header.strip(b"\0"):
            return
        if not _is_header(header):
            raise TarError("a header is damaged")
        kind, size = header[156:157], _number(header[124:136])
        padding = -size % _BLOCK
        if kind in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL):
            if size > _MOST_BYTES:
                raise TarError("a header is too large")
            body = stream.take(size + padding)[:size]
            if kind in (_LONG_NAME, _PAX):
                renamed = _long(body) if kind == _LONG_NAME else _pax_path(body) or renamed
            continue
        name, renamed = (_plain(renamed or _named(header))), None
        if kind in _FILES and size <= _MOST_BYTES and wants(name):
            found = stream.take(size + padding)
            if len(found) < size:
                raise TarError("a file breaks off")
            yield name, found[:size]
        else:
            stream.skip(size + padding if kind in _FILES else 0)
            yield name, None


def _is_header(header: bytes) -> bool:
    """Whether the sum that a header holds is its own."""
    try:
        checksum = int(header[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return checksum == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    try:
        number = int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise TarError("a size is damaged") from None
    if number < 0:
        raise TarError("a size is below 0")
    return number


def _named(header: bytes) -> str:
    name, prefix = header[:100].partition(b"\0")[0], b""
    if header[257:263] == b"ustar\0":
        prefix = header[345:500].partition(b"\0")[0]
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _long(body: bytes) -> str:
    return body.rstrip(b"\0")[:_NAME_BYTES].decode("utf-8", "replace")


def _pax_path(body: bytes) -> str | None:
    match = re.search(rb"(?:^|\n)\d+ path=([^\n]{0,65536})\n", body)
    return match[1].decode("utf-8", "replace") if match else None


def _plain(name: str) -> str:
    return name.removeprefix("./").lstrip("/").rstrip("/")
