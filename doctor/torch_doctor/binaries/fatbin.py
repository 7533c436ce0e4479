"""A reader of NVIDIA fat binaries: for which GPUs a library carries code, from headers alone.

nvcc puts a container into the library for each source file, and into the container one entry for each target: machine
code (a cubin) or PTX. Entries say what they are before their code begins, so the code is stepped over, compressed or
not. Everything is taken as hostile: whatever does not fit ends its container, which is then called damaged, and every
loop has an end. Nothing raises on content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING, Protocol
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.binaries.elf import Elf, Region

_MAGIC = struct.pack("<I", 0xBA55ED50)
_CONTAINER = struct.Struct("<IHHQ")  # magic, version, size of the header, size of what follows it
# Kind, version, sizes of header and payload, compressed size, offset of the options, ISA minor and major, target,
# offset and length of a name, flags.
_ENTRY = struct.Struct("<HHIQIIHHIIIQ")
_ENTRY_HEADER, _ENTRY_VERSION = 64, 0x101
_LARGEST_HEADER = 1 << 16
_KINDS = {1: "ptx", 2: "cubin", 8: "lto-ir"}
_COMPRESSIONS = {0x2000: "lz4", 0x8000: "zstd"}
_SUFFIXES = {0x100000: "a", 0x200000: "f"}
_MOST_ENTRIES = 1 << 20
# What a program loads as it is, and what a linker has to put together first.
_WHOLE, _PARTS = ".nv_fatbin", "__nv_relfatbin"
_MOST_CONTAINERS = 1 << 14


class Code(NamedTuple):
    """One entry: *kind* is cubin, ptx, lto-ir or ``kind-N``; *isa* is the PTX version, or the layout of the cubin.

    *offset* and *size* say where its payload lies in what was read, in bytes. *compression* is lz4, zstd or None.
    """

    kind: str
    target: str
    isa: tuple[int, int]
    offset: int
    size: int
    compression: str | None


class FatBinary(NamedTuple):
    """One container: where it begins, its bytes with its header, its entries. *damaged* where they end too early."""

    offset: int
    size: int
    codes: tuple[Code, ...]
    damaged: bool


class GpuCode(NamedTuple):
    """What a library carries: targets of machine code, of PTX, and of LTO IR that a linker has to finish first.

    *holding* says how many of the containers have each target: all of them where the library was built for it, a few
    where single kernels were.
    """

    archs: tuple[str, ...]
    ptx: tuple[str, ...]
    lto: tuple[str, ...]
    containers: int
    damaged: int
    holding: tuple[tuple[str, int], ...] = ()

    def built_for(self) -> tuple[str, ...]:
        """Return the targets of machine code and PTX that more than an eighth of the containers have.

        Many kernels are for newer GPUs alone, so the oldest GPU that a library serves is in few more than half of them
        or fewer; a target that one file in fifty has was not meant for the whole.
        """
        return tuple(target for target, count in self.holding if count * 8 > self.containers)


def gpu_code(found: Iterable[FatBinary]) -> GpuCode:
    """Add up containers."""
    holding: dict[tuple[str, str], int] = {}
    containers = damaged = 0
    for binary in found:
        containers += bool(binary.codes)
        damaged += binary.damaged
        for target in {(code.kind, code.target) for code in binary.codes}:
            holding[target] = holding.get(target, 0) + 1
    archs, ptx, lto = (
        tuple(sorted((name for of, name in holding if of == kind), key=_by_number))
        for kind in ("cubin", "ptx", "lto-ir")
    )
    counts = [(name, holding["cubin", name]) for name in archs]
    counts += [(name, holding["ptx", name]) for name in ptx]
    return GpuCode(archs, ptx, lto, containers, damaged, tuple(counts))


def in_library(elf: Elf) -> Iterator[FatBinary]:
    """Yield the containers of an ELF library on disk; only their headers are touched."""
    regions = [region for name in (_WHOLE, _PARTS) if (region := elf.section(name))]
    for region in regions:
        yield from _read(_Buffer(elf.data, region.start, region.end))


def loadable(elf: Elf, wanted: int, largest: int) -> tuple[FatBinary, ...]:
    """Return up to *wanted* containers that a driver would load as they lie, none above *largest* bytes.

    They come from all over the library, and have all targets that most have: some files hold code for special GPUs.
    """
    region = elf.section(_WHOLE)
    if region is None:
        return ()
    heads = [head for head in _heads(elf.data, region) if head.size <= largest]
    spread = heads[:: max(1, len(heads) // (wanted * 4))]
    read = (_read(_Buffer(elf.data, head.start, head.start + head.size)) for head in spread)
    found = [one for binaries in read for one in binaries if one.codes and not one.damaged]
    usual = {target for target, count in gpu_code(found).holding if count * 2 > len(found)}
    fit = [one for one in found if usual <= {code.target for code in one.codes}] or found
    count = min(wanted, len(fit))
    return tuple(fit[place * len(fit) // count] for place in range(count))


class _Head(NamedTuple):
    start: int
    size: int


def _heads(data: Bytes, region: Region) -> Iterator[_Head]:
    """Yield where containers lie; what is in them is stepped over."""
    source = _Buffer(data, region.start, region.end)
    for _ in range(_MOST_CONTAINERS):
        if not source.find():
            return
        head = source.peek(_CONTAINER.size)
        if len(head) < _CONTAINER.size:
            return
        _, version, header, size = _CONTAINER.unpack(head)
        if version == 1 and _CONTAINER.size <= header <= _LARGEST_HEADER and size:
            yield _Head(source.at, header + size)
            source.skip(header + size)
        else:
            source.skip(len(_MAGIC))


def in_bytes(data: Bytes) -> Iterator[FatBinary]:
    """Yield the containers in a file of any kind (a DLL, an object, a bare fat binary)."""
    yield from _read(_Buffer(data, 0, len(data)))


def in_stream(parts: Iterable[bytes]) -> Iterator[FatBinary]:
    """Yield the containers of a file that comes piece by piece and is not kept. Offsets are those in the file."""
    yield from _read(_Stream(iter(parts)))


class Bytes(Protocol):
    """Bytes in memory, or a file that is mapped."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...

    def find(self, sub: bytes, start: int = ..., end: int = ..., /) -> int:
        """Return where *sub* begins, -1 where it does not occur."""


class _Source(Protocol):
    at: int

    def find(self) -> bool:
        """Go to the next magic number; False where there is none."""

    def peek(self, size: int) -> bytes:
        """Return the next bytes and stay before them; fewer at the end."""

    def skip(self, size: int) -> bool:
        """Go on by so many bytes; False where the end comes first."""


class _Buffer:
    """A file that lies in memory or is mapped."""

    def __init__(self, data: Bytes, start: int, end: int) -> None:
        self._data, self.at, self._end = data, start, end

    def find(self) -> bool:
        found = self._data.find(_MAGIC, self.at, self._end)
        self.at = found if found >= 0 else self._end
        return found >= 0

    def peek(self, size: int) -> bytes:
        return self._data[self.at : min(self.at + size, self._end)]

    def skip(self, size: int) -> bool:
        left = self._end - self.at
        self.at += min(size, left)
        return size <= left


class _Stream:
    """A file that comes in pieces: what was passed is gone."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._held = b""
        self._place = 0  # of the next byte in what is held
        self.at = 0

    def find(self) -> bool:
        while True:
            found = self._held.find(_MAGIC, self._place)
            if found >= 0:
                self._go(found)
                return True
            # The number may be cut in two by the end of a piece.
            self._go(max(self._place, len(self._held) - len(_MAGIC) + 1))
            if not self._more():
                return False

    def peek(self, size: int) -> bytes:
        while len(self._held) - self._place < size and self._more():
            pass
        return self._held[self._place : self._place + size]

    def skip(self, size: int) -> bool:
        while size > len(self._held) - self._place:
            size -= len(self._held) - self._place
            self._go(len(self._held))
            if not self._more():
                return False
        self._go(self._place + size)
        return True

    def _go(self, place: int) -> None:
        self.at += place - self._place
        self._place = place

    def _more(self) -> bool:
        part = next(self._parts, None)
        if part is None:
            return False
        self._held, self._place = self._held[self._place :] + part, 0
        return True


def _read(source: _Source) -> Iterator[FatBinary]:
    entries = 0
    while entries < _MOST_ENTRIES and source.find():
        start = source.at
        head = source.peek(_CONTAINER.size)
        if len(head) < _CONTAINER.size:
            return
        _, version, header, size = _CONTAINER.unpack(head)
        if version != 1 or not _CONTAINER.size <= header <= _LARGEST_HEADER or not size:
            source.skip(len(_MAGIC))  # the number alone, as code that looks for containers holds it
            continue
        source.skip(header)
        codes, whole = _entries(source, size)
        entries += 1 + len(codes)
        yield FatBinary(start, header + size, codes, not whole)


def _entries(source: _Source, left: int) -> tuple[tuple[Code, ...], bool]:
    """Return the entries in the next *left* bytes, and whether they fill them."""
    found: list[Code] = []
    while left >= _ENTRY_HEADER and len(found) < _MOST_ENTRIES:
        head = source.peek(_ENTRY_HEADER)
        if len(head) < _ENTRY_HEADER:
            return tuple(found), False
        kind, version, header, size, _, _, minor, major, number, _, _, flags = _ENTRY.unpack(
            head[: _ENTRY.size]
        )
        fits = _ENTRY_HEADER <= header <= _LARGEST_HEADER and header + size <= left
        if version != _ENTRY_VERSION or not fits or not 10 <= number < 1000:
            return tuple(found), False
        left -= header + size
        begins = source.skip(header)
        at = source.at
        ends = source.skip(size)
        if not begins or not ends:
            return tuple(found), False
        target = f"{'sm' if kind == 2 else 'compute'}_{number}{_flagged(_SUFFIXES, flags) or ''}"
        name = _KINDS.get(kind, f"kind-{kind}")
        found.append(Code(name, target, (major, minor), at, size, _flagged(_COMPRESSIONS, flags)))
    return tuple(found), left == 0


def _flagged(meanings: dict[int, str], flags: int) -> str | None:
    return next((word for bit, word in meanings.items() if flags & bit), None)


def _by_number(target: str) -> tuple[int, str]:
    digits = target.partition("_")[2].rstrip("af")
    return int(digits), target
