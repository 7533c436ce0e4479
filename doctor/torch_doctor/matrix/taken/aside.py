"""Read a file of the user in a process of its own where its file system may never answer: a dead network or FUSE.

What waits for such a file system cannot always be killed, and keeps its process from ending. So this one never asks.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWERS_WITHIN_S = 2.0
MOUNTS = "/proc/self/mounts"
_REMOTE = (
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "ceph", "afs", "gpfs", "beegfs", "9p"),
    *("autofs", "glusterfs", "orangefs", "panfs", "wekafs", "virtiofs"),
)


class NoAnswerError(Exception):
    """The file system did not answer in time."""


def may_wait(path: str) -> bool:
    """Whether a path lies on a file system behind a network or another program, by the list of mounts alone.

    The root file system is none: the program itself comes from it.
    """
    if sys.platform != "linux":
        return False
    try:
        with open(MOUNTS, "rb", buffering=0) as file:
            listed: bytes = file.read(1 << 20) or b""
    except OSError:
        return False
    nearest, kind = 0, ""
    for line in listed.splitlines():
        _, place, its_kind, *_ = (*line.split(b" ", 3), b"", b"", b"")
        folder = place.replace(b"\\040", b" ").decode("utf-8", "surrogateescape")
        if len(folder) >= nearest and (path == folder or path.startswith(f"{folder}/")):
            nearest, kind = len(folder), its_kind.decode("ascii", "replace")
    return nearest > 1 and (kind in _REMOTE or kind.startswith("fuse"))


def aside(read: Callable[[], bytes], code: str, *words: str) -> bytes:
    """Return what *read* returns in a child; raise NoAnswerError where it does not within two seconds.

    A process with threads cannot be doubled: there a new Python runs *code*, which writes the same, with *words*.
    """
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return _by_python(code, words)
    return _by_double(read)


def _by_python(code: str, words: Sequence[str]) -> bytes:
    import subprocess

    if not sys.executable or hasattr(sys, "frozen"):
        raise NoAnswerError  # the program is no Python that could be asked
    argv = [sys.executable, "-I", "-S", "-B", "-c", code, *words]
    quiet = subprocess.DEVNULL
    try:
        child = subprocess.Popen(argv, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet)
    except OSError:
        raise NoAnswerError from None
    try:
        found, _ = child.communicate(timeout=ANSWERS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        if child.stdout:
            child.stdout.close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.2)  # what its kernel holds is not waited for
        raise NoAnswerError from None
    if child.returncode:
        raise NoAnswerError
    return found


def _by_double(read: Callable[[], bytes]) -> bytes:
    import select
    import signal

    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(read, theirs)
    os.close(theirs)
    until, found = time.monotonic() + ANSWERS_WITHIN_S, bytearray()
    try:
        while select.select([ours], [], [], max(0.0, until - time.monotonic()))[0]:
            if not (more := os.read(ours, 1 << 20)):
                return bytes(found)
            found += more
    finally:
        os.close(ours)
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, os.WNOHANG if len(found) == 0 else 0)
    raise NoAnswerError


def _answer(read: Callable[[], bytes], pipe: int) -> None:
    """Hand over what is read and end this child, whatever comes. It holds none of the streams that others wait for."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        found = memoryview(read())
        while found:
            found = found[os.write(pipe, found) :]
    finally:
        os._exit(0)
