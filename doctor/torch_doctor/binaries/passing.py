"""A library that comes piece by piece: what describes it is kept where it lies, its code passes by.

The result is as long as the file and has holes of zeros, which cost no memory: anonymous maps take up what is written.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from torch_doctor.binaries.elf import PT_DYNAMIC, PT_LOAD, Elf, ElfError, Region
from torch_doctor.binaries.pe import Pe, PeError

# Names and addresses stand at the start of a segment, and most of all in the first; behind them comes code.
_KEPT, _FIRST = 16 << 20, 128 << 20
_SECTION = 64 << 20


class Passing:
    """Feed it the pieces of one library in order; *data* then holds what was kept of it.

    *needs_until* is where the tables of a DLL that name other libraries end, 0 in other files.
    """

    def __init__(self, size: int) -> None:
        self.data = mmap.mmap(-1, max(size, 1))
        self._at = 0
        self._wanted: tuple[Region, ...] | None = None
        self.needs_until = 0

    def through(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces again, keeping what describes the library."""
        for part in parts:
            if self._wanted is None:
                tables = tuple(_tables(part))
                self.needs_until = max((region.end for region in tables), default=0)
                self._wanted = (Region(0, _KEPT), *_segments(part), *tables)
            end = min(self._at + len(part), len(self.data))
            for region in self._wanted:
                first, last = max(self._at, region.start), min(end, region.end)
                if first < last:
                    self.data[first:last] = part[first - self._at : last - self._at]
            self._at = end
            yield part


@contextmanager
def passing(size: int) -> Iterator[Passing]:
    """Yield a keeper for a library of *size* bytes, and give its memory back."""
    kept = Passing(size)
    with closing(kept.data):
        yield kept


def _segments(head: bytes) -> Iterator[Region]:
    """Yield where the names and tables of an ELF library may lie, going by the headers at its start."""
    try:
        for kind, _, offset, _, size in Elf(head).segments():
            if kind in (PT_LOAD, PT_DYNAMIC):
                yield Region(offset, offset + min(size, _KEPT if offset else _FIRST))
    except ElfError:
        return


def _tables(head: bytes) -> Iterator[Region]:
    """Yield where the tables of imports of a DLL lie."""
    try:
        sections = Pe(head).sections
    except PeError:
        return
    for section in sections:
        if section.name in (".rdata", ".idata"):
            yield Region(section.start, min(section.end, section.start + _SECTION))
