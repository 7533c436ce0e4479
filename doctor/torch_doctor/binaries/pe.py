"""A small reader of 64-bit PE files (DLLs): the names of the libraries that they load. Looks and never loads.

Everything in a file is taken as hostile: every offset is checked, every loop has an end, and whatever does not fit
raises PeError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.binaries.fatbin import Bytes

_IMPORTS, _DELAYED = 1, 13
# Directory → the bytes of one entry, where its name's address stands in it.
_ENTRIES = {_IMPORTS: (20, 12), _DELAYED: (32, 4)}
_MAX_SECTIONS, _MAX_IMPORTS, _MAX_NAME = 96, 1024, 260


class PeError(ValueError):
    """The file is not a readable 64-bit PE file."""


class Section(NamedTuple):
    """A section: where it lies in the file, and from which address on in memory."""

    name: str
    start: int
    end: int
    address: int


class Pe:
    """A PE file in memory; of a file that is cut, or has holes, what is there can be asked for."""

    def __init__(self, data: Bytes) -> None:
        self.data = data
        if len(data) < 64 or data[0:2] != b"MZ":
            msg = "not a PE file"
            raise PeError(msg)
        (at,) = self._unpack("<I", 60)
        if data[at : at + 4] != b"PE\0\0":
            msg = "not a PE file"
            raise PeError(msg)
        count, _, _, _, optional = self._unpack("<HIIIH", at + 6)
        if optional < 112 or self._unpack("<H", at + 24) != (0x20B,):
            msg = "not a 64-bit PE file"
            raise PeError(msg)
        self._directories = at + 24 + 112
        (self._directory_count,) = self._unpack("<I", at + 24 + 108)
        self.sections = tuple(self._sections(at + 24 + optional, min(count, _MAX_SECTIONS)))

    def imports(self) -> tuple[str, ...]:
        """Return the libraries that the loader brings in with it, at once or when first called."""
        found = [name for kind in _ENTRIES for name in self._imported(kind)]
        return tuple(dict.fromkeys(found))

    def _sections(self, at: int, count: int) -> Iterator[Section]:
        for index in range(count):
            name, _, address, size, start = self._unpack("<8sIIII", at + 40 * index)
            text = name.rstrip(b"\0").decode("latin-1")
            yield Section(text, start, start + size, address)

    def _imported(self, kind: int) -> Iterator[str]:
        if self._directory_count <= kind:
            return
        address, _ = self._unpack("<II", self._directories + 8 * kind)
        if not address:
            return
        size, place = _ENTRIES[kind]
        table = self._offset(address)
        for index in range(_MAX_IMPORTS):
            (name,) = self._unpack("<I", table + index * size + place)
            if not name:
                return
            yield self._name(self._offset(name))

    def _offset(self, address: int) -> int:
        for section in self.sections:
            offset = section.start + address - section.address
            if section.start <= offset < section.end:
                return offset
        msg = "an address lies in no section"
        raise PeError(msg)

    def _name(self, at: int) -> str:
        name, end, _ = self.data[at : at + _MAX_NAME].partition(b"\0")
        if not end or not name.isascii() or not name:
            msg = "a name has no end"
            raise PeError(msg)
        return name.decode("ascii")

    def _unpack(self, layout: str, at: int) -> tuple[Any, ...]:
        size = struct.calcsize(layout)
        if not 0 <= at <= len(self.data) - size:
            msg = "a header lies beyond the end of the file"
            raise PeError(msg)
        return struct.unpack(layout, self.data[at : at + size])
