"""Writes fat binaries as nvcc does, for tests: containers with entries whose code is noise."""

from __future__ import annotations

import struct

KINDS = {"ptx": 1, "cubin": 2, "lto-ir": 8}
FLAGS = {"": 0x11, "lz4": 0x2011, "zstd": 0x8011}
SUFFIXES = {"a": 0x100000, "f": 0x200000}


def entry(
    target: str,
    payload: bytes = b"code" * 4,
    *,
    kind: str = "",
    compression: str = "",
    more: bytes = b"",
) -> bytes:
    """Return an entry for ``sm_90a`` or ``compute_120``; *more* lengthens its header."""
    word, _, number = target.partition("_")
    suffix = number[-1] if number[-1] in SUFFIXES else ""
    flags = FLAGS[compression] | SUFFIXES.get(suffix, 0)
    kind = kind or ("cubin" if word == "sm" else "ptx")
    head = struct.pack(
        "<HHIQIIHHIIIQ", KINDS[kind], 0x101, 64 + len(more), len(payload), 0, 0, 8, 1,
        int(number.removesuffix(suffix)), 0, 0, flags,
    )  # fmt: skip
    return head + bytes(16) + more + payload


def container(*entries: bytes) -> bytes:
    """Return a container of such entries."""
    body = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body
