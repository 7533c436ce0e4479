"""Layers of an image, read piece by piece by range requests: gzip from the front, tar by leaps, eStargz by its list."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.online.registry.tars import TarError, members

_PIECE, _LEAP = 4 << 20, 64 << 10
_FOOTER, _TOC_BYTES, _FILE_BYTES = 51, 32 << 20, 1 << 20
# Each member of gzip that ends copies what of this is left: of a whole piece that would be quadratic.
_FED, _EMPTY_MEMBERS = 16 << 10, 1000
# What one MiB of a layer may come to: a layer that unpacks to more is made to keep a reader busy.
_SWELLS, _LEAST = 200, 1 << 20
ReadAt = Callable[[int, int], bytes]


class LayerError(Exception):
    """A layer cannot be read to its end: why, in words."""


class SpentError(LayerError):
    """As many bytes were read as may be."""


class Layer(NamedTuple):
    """A layer as its manifest describes it."""

    digest: str
    media: str
    size: int
    annotations: Mapping[str, Any]


UNDESCRIBED = Layer("", "", 0, {})


class Budget:
    """How many bytes may still be asked for."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.read = 0

    def spend(self, count: int) -> None:
        """Take *count* bytes; raise SpentError where there are not so many left."""
        if self.read + count > self.most:
            raise SpentError(f"the first {self.most >> 20} MiB are read")
        self.read += count


class _Plain:
    """A layer that is not compressed: what is passed over is never asked for."""

    def __init__(self, layer: Layer, read_at: ReadAt) -> None:
        self._size, self._read_at = layer.size, read_at
        self._place, self._from, self._held = 0, 0, b""

    def take(self, count: int) -> bytes:
        count = min(count, self._size - self._place)
        if count <= 0:
            return b""
        begin = self._place - self._from
        if begin < 0 or begin + count > len(self._held):
            length = min(max(count, _LEAP), self._size - self._place)
            self._from, self._held = self._place, self._read_at(self._place, length)
            begin = 0
        self._place += count
        return self._held[begin : begin + count]

    def skip(self, count: int) -> None:
        self._place += count


class _Gzip:
    """A layer in gzip: it can only be unpacked from the front, and what was unpacked is not kept."""

    def __init__(self, layer: Layer, read_at: ReadAt) -> None:
        self._size, self._read_at = layer.size, read_at
        self._place, self._input, self._held, self._made = 0, b"", b"", 0
        self._piece, self._fed, self._empty, self._of_member = b"", 0, 0, 0
        self._unpack = zlib.decompressobj(31)

    def take(self, count: int) -> bytes:
        made = [self._held]
        length = len(self._held)
        while length < count and (more := self._more()):
            made.append(more)
            length += len(more)
        whole = b"".join(made)
        self._held = whole[count:]
        return whole[:count]

    def skip(self, count: int) -> None:
        if count <= len(self._held):
            self._held = self._held[count:]
            return
        count -= len(self._held)
        self._held = b""
        while count and (more := self._more()):
            self._held = more[count:]
            count -= min(count, len(more))

    def _more(self) -> bytes:
        """Return the next bytes, none at the end."""
        while True:
            if not self._input:
                self._feed()
            if not self._input:
                return b""
            try:
                made = self._unpack.decompress(self._input, _PIECE)
            except zlib.error:
                raise LayerError("it is no gzip, or it is damaged") from None
            self._input = self._unpack.unconsumed_tail or self._unpack.unused_data
            self._made += len(made)
            self._of_member += len(made)
            if self._unpack.eof:
                self._next_member()
            if self._made > _SWELLS * (self._place + _LEAST):
                raise LayerError("it unpacks to more than files do")
            if made:
                return made

    def _feed(self) -> None:
        if self._fed >= len(self._piece) and self._place < self._size:
            length = min(_PIECE, self._size - self._place)
            self._piece, self._fed, self._empty = self._read_at(self._place, length), 0, 0
            self._place += length
        self._input = self._piece[self._fed : self._fed + _FED]
        self._fed += len(self._input)

    def _next_member(self) -> None:
        self._empty += not self._of_member
        if self._empty > _EMPTY_MEMBERS:
            raise LayerError("it is made of empty parts")
        self._unpack, self._of_member = zlib.decompressobj(31), 0


def files_of(
    layer: Layer, read_at: ReadAt, wants: Callable[[str], bool]
) -> Iterator[tuple[str, bytes | None]]:
    """Yield the names in a layer, with the bytes of those that are wanted; raise LayerError."""
    if layer == UNDESCRIBED:
        raise LayerError("the manifest does not describe it")
    try:
        if "containerd.io/snapshot/stargz/toc.digest" in layer.annotations:
            yield from _listed(layer, read_at, wants)
        elif layer.media.endswith(("+gzip", ".gzip")):
            yield from members(_Gzip(layer, read_at), wants)
        elif layer.media.endswith(".tar"):
            yield from members(_Plain(layer, read_at), wants)
        else:
            raise LayerError(f"it is packed in another way ({layer.media.rpartition('.')[2]})")
    except TarError as error:
        raise LayerError(str(error)) from error


def _listed(
    layer: Layer, read_at: ReadAt, wants: Callable[[str], bool]
) -> Iterator[tuple[str, bytes | None]]:
    """An eStargz: its last bytes say where its list is, and the list where each file begins."""
    end = max(0, layer.size - _FOOTER)
    footer = re.search(rb"([0-9a-f]{16})STARGZ", read_at(end, layer.size - end))
    place = int(footer[1], 16) if footer else layer.size
    if not 0 <= place < end or end - place > _TOC_BYTES:
        raise LayerError("its list of files is not where its end says")
    entries = _entries(_unpacked(read_at(place, end - place), 512 + _TOC_BYTES))
    for entry in entries:
        name = str(entry.get("name", "")).removeprefix("./").strip("/")
        size, offset, inner = (entry.get(key, 0) for key in ("size", "offset", "innerOffset"))
        sound = all(isinstance(one, int) for one in (size, offset, inner)) and "offset" in entry
        if entry.get("type") != "reg" or not sound or not wants(name):
            yield name, None
        elif 0 <= size <= _FILE_BYTES and 0 <= offset < place and 0 <= inner <= _TOC_BYTES:
            length = min(inner + size + _LEAP, place - offset)
            body = _unpacked(read_at(offset, length), inner + size)[inner:]
            if len(body) < size:
                raise LayerError("a file breaks off")
            yield name, body
        else:
            yield name, None


def _entries(body: bytes) -> list[dict[str, Any]]:
    try:
        size = int(body[124:136].strip(b" \0") or b"0", 8)
        if size > _TOC_BYTES:
            raise LayerError("its list of files is too large")
        found = json.loads(body[512 : 512 + size])["entries"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LayerError("its list of files cannot be read") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise LayerError("its list of files cannot be read")
    return found


def _unpacked(body: bytes, most: int) -> bytes:
    try:
        # 0 would be no limit
        return zlib.decompressobj(31).decompress(body, most or 1)[:most]
    except zlib.error:
        raise LayerError("it is no gzip, or it is damaged") from None
