"""A small reader of 64-bit ELF files: maps, looks and never loads.

Everything in a file is taken as hostile: every offset is checked, every loop has an end, and whatever does not fit
raises ElfError, which callers turn into UNPARSED.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from torch_doctor.core.tuples import NamedTuple

PT_LOAD, PT_DYNAMIC = 1, 2
_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 1, 5, 10, 14, 15, 29
_DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_MAX_ENTRIES = 4096
_MAX_STRING = 16384
_HEAD = 8192  # bytes: file and program headers


class ElfError(ValueError):
    """The file is not a readable 64-bit little-endian ELF file."""


class Region(NamedTuple):
    """A part of the file, in bytes from its start."""

    start: int
    end: int


class Dynamic(NamedTuple):
    """What a library asks of the loader. *rpath* and *runpath* are as written, $ORIGIN and all."""

    needed: tuple[str, ...]
    soname: str | None
    rpath: tuple[str, ...]
    runpath: tuple[str, ...]
    versions: tuple[str, ...]


@contextmanager
def open_elf(path: str | os.PathLike[str]) -> Iterator[Elf]:
    """Map *path* and yield it; raise ElfError where it is no 64-bit ELF, OSError where it cannot be read."""
    with mapped(path) as data:
        yield Elf(data)


@contextmanager
def mapped(path: str | os.PathLike[str]) -> Iterator[mmap.mmap]:
    """Map a regular, non-empty file; raise ElfError on an empty or irregular one, OSError where unreadable."""
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size == 0:
            msg = f"{path} is empty or not a regular file"
            raise ElfError(msg)
        data = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_RANDOM"):
            data.madvise(mmap.MADV_RANDOM)
    finally:
        os.close(descriptor)
    with data:
        yield data


def read_no_more(descriptor: int) -> None:
    """Ask the system to read what is asked for alone: ahead of a few bytes it reads four times as many and more."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)


def is_cut(path: str | os.PathLike[str]) -> bool:
    """Tell of a file what Elf.is_cut tells, without mapping it: its beginning and its last header are read."""
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            msg = f"{path} is not a regular file"
            raise ElfError(msg)
        read_no_more(descriptor)
        elf = Elf(file.read(_HEAD) or b"")
        if elf.ends_early(status.st_size):
            return True
        file.seek(max(0, elf.last_header[0]))
        return not elf.is_header(file.read(elf.header_size) or b"")


class Elf:
    """An ELF file in memory; *data* is a map or bytes."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self.data = data
        if len(data) < 64 or data[:4] != b"\x7fELF" or data[4] != 2 or data[5] != 1:
            msg = "not a 64-bit little-endian ELF file"
            raise ElfError(msg)
        (self._phoff, self._shoff) = self._unpack("<QQ", 32)
        (self._phentsize, self._phnum, self._shentsize, self._shnum, self._shstrndx) = self._unpack(
            "<5H", 54
        )

    def is_cut(self) -> bool:
        """Whether the file ends before what its own headers describe, or in zeros where its last header should be."""
        last = max(0, self.last_header[0])
        return self.ends_early(len(self.data)) or not self.is_header(self.data[last:])

    @property
    def last_header(self) -> tuple[int, int]:
        """Where the last section header begins and ends: linkers put it at the end of the file."""
        end = self._shoff + self._shnum * self._shentsize
        return end - self._shentsize, end

    @property
    def header_size(self) -> int:
        """The size of a section header, in bytes."""
        return self._shentsize

    def ends_early(self, size: int) -> bool:
        """Whether a file of so many bytes lacks something that the headers describe."""
        segments = ((kind, offset, length) for kind, _, offset, _, length in self.segments())
        return self.last_header[1] > size or any(
            kind == PT_LOAD and offset + length > size for kind, offset, length in segments
        )

    def is_header(self, data: bytes) -> bool:
        """Whether *data* can be the last section header: no such header is all zeros but the first."""
        return self._shnum < 2 or any(data[: self._shentsize])

    def section(self, name: str) -> Region | None:
        """Return where the section *name* lies, or None where the file has no such section."""
        if not self._shoff or self._shentsize < 64 or self._shstrndx >= self._shnum:
            return None
        names = self._header(self._shstrndx)
        for index in range(min(self._shnum, _MAX_ENTRIES)):
            offset, start, size = self._header(index)
            if self._string(names[1] + offset) == name:
                if start + size > len(self.data):
                    msg = f"section {name} lies beyond the end of the file"
                    raise ElfError(msg)
                return Region(start, start + size)
        return None

    def constants(self) -> Region:
        """Return .rodata, or the whole file where there is no section table."""
        return self.section(".rodata") or Region(0, len(self.data))

    def search(self, pattern: re.Pattern[bytes], region: Region) -> Iterator[re.Match[bytes]]:
        """Yield the matches of *pattern* in *region* without copying it."""
        return pattern.finditer(self.data, region.start, region.end)

    def dynamic(self) -> Dynamic:
        """Return the dynamic section, found through the program headers as the loader does."""
        segments = list(self.segments())
        loads = [
            (address, offset, size)
            for kind, _, offset, address, size in segments
            if kind == PT_LOAD
        ]
        entries = self._dynamic_entries(segments)
        values = dict(entries)
        if _DT_STRTAB not in values:
            return Dynamic((), None, (), (), ())
        strings = _file_offset(loads, values[_DT_STRTAB])
        needed = tuple(self._string(strings + v) for tag, v in entries if tag == _DT_NEEDED)
        soname = self._string(strings + values[_DT_SONAME]) if _DT_SONAME in values else None
        paths = [
            tuple(p for p in self._string(strings + values[tag]).split(":") if p)
            if tag in values
            else ()
            for tag in (_DT_RPATH, _DT_RUNPATH)
        ]
        versions: tuple[str, ...] = ()
        if _DT_VERNEED in values:
            start = _file_offset(loads, values[_DT_VERNEED])
            versions = tuple(self._versions(start, values.get(_DT_VERNEEDNUM, 0), strings))
        return Dynamic(needed, soname, paths[0], paths[1], versions)

    def names(self) -> Region | None:
        """Return where the names of symbols and libraries lie, found as the loader does; None where there are none."""
        segments = list(self.segments())
        values = dict(self._dynamic_entries(segments))
        if _DT_STRTAB not in values or _DT_STRSZ not in values:
            return None
        loads = [
            (address, offset, size)
            for kind, _, offset, address, size in segments
            if kind == PT_LOAD
        ]
        start = _file_offset(loads, values[_DT_STRTAB])
        return Region(start, min(start + values[_DT_STRSZ], len(self.data)))

    def segments(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield (type, flags, file offset, virtual address, file size) of each program header."""
        if self._phentsize < 56:
            return
        for index in range(min(self._phnum, _MAX_ENTRIES)):
            kind, flags, offset, address, _, size = self._unpack(
                "<IIQQQQ", self._phoff + index * self._phentsize
            )
            yield kind, flags, offset, address, size

    def _dynamic_entries(
        self, segments: list[tuple[int, int, int, int, int]]
    ) -> list[tuple[int, int]]:
        entries: list[tuple[int, int]] = []
        for kind, _, offset, _, size in segments:
            if kind != PT_DYNAMIC:
                continue
            for index in range(min(size // 16, _MAX_ENTRIES)):
                tag, value = self._unpack("<qQ", offset + index * 16)
                if tag == 0:
                    break
                entries.append((tag, value))
        return entries

    def _versions(self, start: int, count: int, strings: int) -> Iterator[str]:
        """Yield the symbol versions (GLIBC_2.28 …) that the file needs, from .gnu.version_r."""
        for _ in range(min(count, _MAX_ENTRIES)):
            _, inner_count, _, inner, following = self._unpack("<HHIII", start)
            at = start + inner
            for _ in range(min(inner_count, _MAX_ENTRIES)):
                _, _, _, name, step = self._unpack("<IHHII", at)
                yield self._string(strings + name)
                if not step:
                    break
                at += step
            if not following:
                break
            start += following

    def _header(self, index: int) -> tuple[int, int, int]:
        """Return (name offset, file offset, size) of a section header; a section without bytes has size 0."""
        name, kind, _, _, start, size = self._unpack(
            "<IIQQQQ", self._shoff + index * self._shentsize
        )
        return name, start, 0 if kind == 8 else size

    def _unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        if not 0 <= offset <= len(self.data) - struct.calcsize(layout):
            msg = "a header lies beyond the end of the file"
            raise ElfError(msg)
        return struct.unpack_from(layout, self.data, offset)

    def _string(self, offset: int) -> str:
        if not 0 <= offset < len(self.data):
            msg = "a name lies beyond the end of the file"
            raise ElfError(msg)
        end = self.data.find(b"\0", offset, offset + _MAX_STRING)
        if end < 0:
            msg = "a name has no end"
            raise ElfError(msg)
        return self.data[offset:end].decode("utf-8", "replace")


def _file_offset(loads: list[tuple[int, int, int]], address: int) -> int:
    for start, offset, size in loads:
        if start <= address < start + size:
            return offset + address - start
    msg = "an address lies in no segment"
    raise ElfError(msg)
