"""The file of a matrix that was taken: a line that says what it is, and the compiled tables behind it.

It is read as a whole and held against its checksum, so that no table fails later; each is parsed when it is asked for.
"""

from __future__ import annotations

import json
import os
import stat
from binascii import crc32

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.store import Matrix, MatrixError
from torch_doctor.matrix.taken.aside import NoAnswerError, aside, may_wait
from torch_doctor.matrix.taken.trust import not_roots, runs_as_root

FORMAT = "torch-doctor taken matrix 1"
MOST_BYTES = 32 << 20
# What no such file begins with: it begins with JSON.
_NONE, _UNFIT = b"\0none", b"\0unfit"
# What another Python runs to look: where this package lies, and the file, are its words.
_LOOK = """import sys
sys.path.insert(0, sys.argv[1])
from torch_doctor.matrix.taken.stored import look
sys.stdout.buffer.write(look(sys.argv[2]))
"""


class Taken(NamedTuple):
    """A matrix that was taken. *source* is the file or address, *day* when it was taken, *sha256* that of what came.

    *beside* is the version of the packaged matrix of that day: a packaged one that is newer than both replaces it.
    """

    matrix: Matrix
    path: str
    source: str
    day: str
    sha256: str
    beside: str


def read_taken(path: str) -> Taken | None:
    """Return the matrix that is kept in the file *path*, None where there is none; raise MatrixError where it is unfit.

    A file system that does not answer is not waited for.
    """
    try:
        content = _aside(path) if may_wait(path) else look(path)
    except NoAnswerError:
        raise MatrixError(f"{_shown(path)} does not answer") from None
    if content.startswith(_UNFIT):
        raise MatrixError(content.removeprefix(_UNFIT).decode())
    return _parsed(content, path) if content != _NONE else None


def look(path: str) -> bytes:
    """Return the content of the file *path*, or what stands for its absence or for why it is unfit."""
    try:
        return _content(path)
    except MatrixError as error:
        return _UNFIT + str(error).encode("utf-8", "replace")
    except OSError as error:
        why = f"{_shown(path)} cannot be read ({error.strerror or error})"
        return _UNFIT + why.encode("utf-8", "replace")


def _aside(path: str) -> bytes:
    package = os.path.abspath(__file__).rsplit(os.sep, 4)[0]
    return aside(lambda: look(path), _LOOK, package, path)


def packed(tables: dict[str, Any], head: dict[str, Any]) -> bytes:
    """Return the content of such a file; *head* is what is known of the matrix."""
    body, places = bytearray(), {}
    for name, table in tables.items():
        text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
        places[name] = (len(body), len(text))
        body += text
    head = {"format": FORMAT, **head, "places": places, "crc32": crc32(body)}
    return json.dumps(head).encode() + b"\n" + body


def _content(path: str) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        return _NONE
    except PermissionError:
        if os.path.exists(path):
            raise
        return _NONE  # a folder above is closed to this user, who took none then
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise MatrixError(f"{_shown(path)} is not a regular file")
        if status.st_size > MOST_BYTES:
            raise MatrixError(f"{_shown(path)} is larger than {MOST_BYTES >> 20} MiB")
        if runs_as_root() and (why := not_roots(path)):
            raise MatrixError(f"{one_line(why)}, so root does not use the matrix there")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MOST_BYTES)
    finally:
        os.close(descriptor)


def _parsed(content: bytes, path: str) -> Taken:
    line, _, body = content.partition(b"\n")
    try:
        head = json.loads(line)
        if head["format"] != FORMAT or head["crc32"] != crc32(body):
            raise ValueError
        places = head["places"]
        index = head["index"]
        matrix = Matrix(index, lambda name: json.loads(body[slice(*_span(places[name]))]))
        parts = [head[name] for name in ("source", "day", "sha256", "beside")]
        if not all(isinstance(one, str) for one in (*parts, matrix.version, matrix.digest)):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MatrixError(f"{_shown(path)} is damaged") from None
    return Taken(matrix, path, *(one_line(one) for one in parts))


def _span(place: list[int]) -> tuple[int, int]:
    start, length = place
    return start, start + length


def _shown(path: str) -> str:
    return one_line(path, 300)
