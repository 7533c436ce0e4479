"""The compiled modules of a companion's wheel: which libraries they ask the loader for, and their GPU code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.binaries.elf import Elf, ElfError
from torch_doctor.binaries.fatbin import GpuCode, gpu_code, in_stream
from torch_doctor.binaries.passing import Passing, passing
from torch_doctor.binaries.pe import Pe, PeError
from torch_doctor.binaries.torch_texts import newest_glibc
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.online.archive import Archive
from torch_doctor.online.web import OnlineError

# Up to so many compressed bytes a module is read whole, and all modules of a wheel for their GPU code.
_WHOLE, _WHEEL = 4 << 20, 24 << 20
# Beyond it the names at a library's head are looked at, without the table that says which of them are needed; where
# there are none (a repaired wheel has them at the end) a module of so many compressed bytes is read whole.
_HEAD, _LONG_HEAD, _REPAIRED = 4 << 20, 64 << 20, 32 << 20
_MOST_MODULES = 2000
_MODULE = re.compile(r".*\.(?:so(?:\.[\d.]+)?|pyd|dll)")
# NVIDIA's own libraries, which some wheels bring along: their GPU code is not the package's.
_BUNDLED = re.compile(
    r"(?:^|/)(?:lib(?:nv|npp|nccl|cu(?:dart|blas|fft|rand|solver|sparse|dnn|tensor))\w*[.-]"
    r"|(?:nv|npp|cu(?:dart|blas|fft|rand|solver|sparse|dnn|tensor))\w*64_)"
)
_NEEDED = re.compile(rb"(?<![!-~])(lib[A-Za-z0-9_+.-]{1,80}\.so(?:\.[0-9.]{1,16})?)\0")
_GLIBC = re.compile(rb"(?<![!-~])(GLIBC_2\.[0-9.]{1,6})\0")


class Module(NamedTuple):
    """One compiled library of a wheel. *needed* is None where it could not be told.

    *exact* says that the loader's own table was read, not the names at the head of the file. *code* is None where it
    was not looked for.
    """

    name: str
    size: int
    needed: tuple[str, ...] | None
    glibc: str | None
    exact: bool
    code: GpuCode | None

    @property
    def bundled(self) -> bool:
        """Whether somebody else's library is brought along: its GPU code is not the package's."""
        return _BUNDLED.search(self.name) is not None


def modules(archive: Archive, *, code: bool, limit: int = 0) -> tuple[Module, ...]:
    """Read the modules of a wheel; raise OnlineError.

    *code* False leaves GPU code out where that is much to read: more than *limit* compressed bytes.
    """
    names = _names(archive)
    whole = code or sum(archive.packed(name) for name in names) <= max(limit, _WHEEL)
    return tuple(
        _module(archive, name, whole=whole or archive.packed(name) <= _WHOLE, code=whole)
        for name in names
    )


def needed_of(found: Iterable[Module]) -> Iterator[str]:
    """Yield the libraries that modules ask for and the wheel does not bring itself."""
    every = tuple(found)
    own = {module.name.rpartition("/")[2] for module in every}
    for module in every:
        yield from (name for name in module.needed or () if name not in own)


def _names(archive: Archive) -> list[str]:
    found = [name for name in archive.names if _MODULE.fullmatch(name) and archive.size(name) >= 64]
    if len(found) > _MOST_MODULES:
        raise OnlineError(f"a wheel of {len(found)} libraries")
    return found


def _module(archive: Archive, name: str, *, whole: bool, code: bool) -> Module:
    size = archive.size(name)
    with passing(size) as kept:
        through = kept.through(archive.parts(name))
        found = None if whole else _head(name, size, through, kept)
        if found is not None and (found.needed is not None or archive.packed(name) > _REPAIRED):
            return found
        carried = gpu_code(in_stream(through))
        for _ in through:  # what follows the last container
            pass
        return _whole(name, size, kept, carried if code and not _BUNDLED.search(name) else None)


def _whole(name: str, size: int, kept: Passing, code: GpuCode | None) -> Module:
    """Read what the loader reads."""
    needed, glibc = None, None
    try:
        if kept.data[:2] == b"MZ":
            needed = Pe(kept.data).imports()
        else:
            dynamic = Elf(kept.data).dynamic()
            needed, glibc = dynamic.needed, newest_glibc(dynamic.versions)
    except (ElfError, PeError):  # not every file of that name is a library
        pass
    if needed is not None and "" in needed:  # the names lie where nothing was kept
        needed = None
    return Module(name, size, needed, glibc, needed is not None, code)


def _head(name: str, size: int, parts: Iterator[bytes], kept: Passing) -> Module:
    """Read no more of a large library than says what it needs."""
    head = bytearray()
    for part in parts:
        head += part
        if len(head) >= min(max(_HEAD, kept.needs_until), _LONG_HEAD):
            break
    if head[:2] == b"MZ":
        return _whole(name, size, kept, None)
    table = _names_of_symbols(head)
    # The library's own name stands among them.
    own = name.rpartition("/")[2]
    found = (match[1].decode("ascii") for match in _NEEDED.finditer(table))
    needed = tuple(dict.fromkeys(text for text in found if text != own))
    versions = (match[1].decode("ascii") for match in _GLIBC.finditer(table))
    return Module(name, size, needed or None, newest_glibc(versions), False, None)


def _names_of_symbols(head: bytearray) -> bytes:
    """Return the table of names that glibc's versions stand in: names one behind the other, so never two zeros.

    Texts of the program may look like NEEDED, too: names of libraries that it opens itself.
    """
    at = head.find(b"\0GLIBC_2.")
    start, end = head.rfind(b"\0\0", 0, at + 1), head.find(b"\0\0", at)
    return bytes(head[start + 1 : end + 1]) if at >= 0 else b""
