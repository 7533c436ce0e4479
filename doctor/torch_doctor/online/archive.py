"""A wheel on a server as a file that can be sought in: the directory at its end first, then single members."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch_doctor.core.startup import TypeVar
from torch_doctor.online.web import OnlineError, Web, plain

_TAIL = 128 << 10
_FIRST_READ, _LARGEST_READ = 256 << 10, 4 << 20
_MOST_AT_ONCE = 64 << 20
_STEP = 1 << 20
_T = TypeVar("_T")


class RemoteFile(io.RawIOBase):
    """A file on a server: read in growing pieces while it is read on, from anew where it is sought."""

    def __init__(self, web: Web, url: str) -> None:
        self._web = web
        self._url = url
        self._tail = web.tail(url, _TAIL)
        self._piece = self._tail
        self._at = 0
        self._step = _FIRST_READ

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Return the place in the file."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._tail.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next *size* bytes, fewer at the end; raise OnlineError."""
        wanted = self._tail.size - self._at if size < 0 else size
        wanted = max(0, min(wanted, self._tail.size - self._at))
        if wanted > _MOST_AT_ONCE:
            raise OnlineError(
                f"{plain(self._url)}: a directory of {wanted >> 20} MiB is no wheel's"
            )
        parts = []
        while wanted:
            part = self._held(wanted)
            parts.append(part)
            self._at += len(part)
            wanted -= len(part)
        return b"".join(parts)

    def _held(self, wanted: int) -> bytes:
        for piece in (self._tail, self._piece):
            offset = self._at - piece.start
            if 0 <= offset < len(piece.body):
                return piece.body[offset : offset + wanted]
        follows = self._at == self._piece.start + len(self._piece.body)
        self._step = min(self._step * 2, _LARGEST_READ) if follows else _FIRST_READ
        length = min(max(wanted, self._step), self._tail.size - self._at)
        self._piece = self._web.piece(self._url, self._at, length)
        if self._piece.size != self._tail.size:
            raise OnlineError(f"{plain(self._url)}: the file changed while it was read")
        return self._piece.body[self._at - self._piece.start :][:wanted]


class Archive:
    """The members of a wheel on a server."""

    def __init__(self, file: zipfile.ZipFile, url: str) -> None:
        self._file = file
        self._url = url
        self.names = tuple(file.namelist())

    def find(self, ending: str) -> str | None:
        """Return the first member whose path ends so."""
        return next((name for name in self.names if name.endswith(ending)), None)

    def read(self, name: str, most: int) -> bytes:
        """Return a whole member of at most *most* bytes."""
        found = bytearray()
        for part in self.parts(name):
            found += part
            if len(found) > most:
                raise OnlineError(f"{plain(self._url)}: {name} is larger than {most >> 20} MiB")
        return bytes(found)

    def scan(
        self, name: str, look: Callable[[bytes], _T | None], most: int, overlap: int = 16 << 10
    ) -> _T | None:
        """Inflate a member step by step until *look* finds something in it, or *most* bytes were seen."""
        seen, window = 0, b""
        for part in self.parts(name):
            window = window[-overlap:] + part
            found = look(window)
            if found:
                return found
            seen += len(part)
            if seen > most:
                break
        return None

    def size(self, name: str) -> int:
        """Return how many bytes a member has once it is inflated."""
        return self._file.getinfo(name).file_size

    def packed(self, name: str) -> int:
        """Return how many bytes a member has as it lies in the wheel."""
        return self._file.getinfo(name).compress_size

    def parts(self, name: str) -> Iterator[bytes]:
        """Yield a member piece by piece as it is inflated."""
        try:
            with self._file.open(name) as member:
                while part := member.read(_STEP):
                    yield part
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            KeyError,
        ):
            raise OnlineError(f"{plain(self._url)}: {name} cannot be inflated") from None


@contextmanager
def open_wheel(web: Web, url: str) -> Iterator[Archive]:
    """Read the directory of the wheel at *url*; raise OnlineError where it is no zip archive."""
    remote = RemoteFile(web, url)
    try:
        file = zipfile.ZipFile(remote)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise OnlineError(f"{plain(url)}: this is no wheel, or it is damaged") from None
    with file:
        yield Archive(file, url)
