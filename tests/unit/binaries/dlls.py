"""Writes small DLLs, for tests: a section of code, and one with the tables of imports."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_TEXT, _PAGE = 0x400, 0x1000


def dll(*names: str, delayed: Sequence[str] = (), code: bytes = bytes(64)) -> bytes:
    """Return a 64-bit DLL that imports *names*, and *delayed* when first called."""
    start = _TEXT + len(code)
    address = _PAGE * (2 + len(code) // _PAGE)
    tables = 20 * (len(names) + 1), 32 * (len(delayed) + 1)
    texts, places = b"", {}
    for name in dict.fromkeys((*names, *delayed)):
        places[name] = address + sum(tables) + len(texts)
        texts += name.encode() + b"\0"
    imports = b"".join(struct.pack("<5I", 1, 0, 0, places[name], 1) for name in names) + bytes(20)
    later = b"".join(struct.pack("<8I", 1, places[name], *[1] * 6) for name in delayed) + bytes(32)
    body = imports + later + texts
    directories = [(0, 0)] * 16
    directories[1] = (address, len(imports)) if names else (0, 0)
    directories[13] = (address + len(imports), len(later)) if delayed else (0, 0)
    optional = struct.pack("<H", 0x20B) + bytes(106) + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<II", *entry) for entry in directories)
    sections = struct.pack("<8sIIII16x", b".text", len(code), _PAGE, len(code), _TEXT)
    sections += struct.pack("<8sIIII16x", b".rdata", len(body), address, len(body), start)
    coff = struct.pack("<HHIIIHH", 0x8664, 2, 0, 0, 0, len(optional), 0x2022)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + sections
    return head.ljust(_TEXT, b"\0") + code + body
