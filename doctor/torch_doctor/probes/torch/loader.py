"""Where the dynamic loader of Linux looks for a library, and what ld.so.cache says."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from torch_doctor.core.text import visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host

CACHE = "/etc/ld.so.cache"
# The loader's built-in directories differ by distribution; one that is not there costs one stat.
DEFAULT_DIRS = (
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
)

_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_MAGIC = b"ld.so-1.7.0"
_HEADER, _ENTRY = 48, 24
_SIZE_LIMIT = 16 << 20
_ENTRY_LIMIT = 200_000
# Architecture byte of an entry's flags: plain ELF (i386 beside x86_64), x32, arm hard and soft float.
_FLAGS_OF_32_BIT = (0x00, 0x08, 0x09, 0x0B)


class LibraryCandidate(NamedTuple):
    """A file that the loader would consider; *via* is LD_LIBRARY_PATH, RPATH, RUNPATH, ld.so.cache or default."""

    path: str
    via: str


def parse(data: bytes, *names: str) -> list[tuple[str, str]]:
    """Return (name, path) of every 64-bit library in an ld.so.cache (or of *names* alone), in the loader's order.

    Reads the glibc-ld.so.cache1.1 format, alone or behind the old one. Anything else, and whatever does not fit
    into *data*, yields fewer entries or none; never raises.
    """
    start = _new_format(data)
    if start is None or len(data) < start + _HEADER:
        return []
    (count,) = struct.unpack_from("<I", data, start + len(_MAGIC))
    first = start + _HEADER
    room = (len(data) - first) // _ENTRY
    entries = data[first : first + min(count, room, _ENTRY_LIMIT) * _ENTRY]
    wanted = tuple(name.encode() + b"\0" for name in names) or b""
    found = []
    for flags, key, value in struct.iter_unpack("<iII12x", entries):
        if flags >> 8 & 0xFF in _FLAGS_OF_32_BIT or not data.startswith(wanted, start + key):
            continue
        name, path = _text(data, start + key), _text(data, start + value)
        if name and path:
            found.append((name, path))
    return found


def cache_entries(host: Host, *names: str) -> list[tuple[str, str]]:
    """Return what the host's ld.so.cache lists (of *names* alone, where some are given).

    Empty where there is none (musl) or it cannot be read.
    """
    try:
        with open(host.real_path(CACHE), "rb") as file:
            return parse(file.read(_SIZE_LIMIT), *names)
    except OSError:
        return []


def split_path(value: str | None) -> list[str]:
    """Split LD_LIBRARY_PATH as the loader does (``:`` or ``;``); relative entries mean nothing here and go."""
    parts = (value or "").replace(";", ":").split(":")
    return [part.rstrip("/") or "/" for part in parts if part.startswith("/")]


def candidates(
    host: Host,
    name: str,
    *,
    rpath: Sequence[str] = (),
    runpath: Sequence[str] = (),
    cache: Sequence[tuple[str, str]] | None = None,
) -> Iterator[LibraryCandidate]:
    """Yield the files that could satisfy a NEEDED *name*, best first, each file once (links followed).

    Order of ld.so(8): DT_RPATH (only where there is no DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH, ld.so.cache,
    default directories. *rpath* and *runpath* have $ORIGIN expanded already.
    """
    entries = cache_entries(host, name) if cache is None else cache
    seen: set[str] = set()
    places = [(f"{directory}/{name}", "RPATH") for directory in (() if runpath else rpath)]
    library_path = split_path(host.environ.get("LD_LIBRARY_PATH"))
    places += [(f"{directory}/{name}", "LD_LIBRARY_PATH") for directory in library_path]
    places += [(f"{directory}/{name}", "RUNPATH") for directory in runpath]
    places += [(path, "ld.so.cache") for soname, path in entries if soname == name]
    places += [(f"{directory}/{name}", "default directories") for directory in DEFAULT_DIRS]
    for path, via in places:
        if not host.exists(path) or (real := host.resolve(path)) in seen:
            continue
        seen.add(real)
        yield LibraryCandidate(path, via)


def _new_format(data: bytes) -> int | None:
    if data.startswith(_MAGIC):
        return 0
    if data.startswith(_OLD_MAGIC) and len(data) >= 16:
        count = int.from_bytes(data[12:16], "little")
        start = -(-(16 + count * 12) // 8) * 8
        if data[start : start + len(_MAGIC)] == _MAGIC:
            return start
    return None


def _text(data: bytes, start: int) -> str:
    end = data.find(b"\0", start, start + 4096)
    if start >= len(data) or end < 0:
        return ""
    return visible(data[start:end].decode("utf-8", "replace"))
