"""Read a file of the user in a process of its own where its file system may never answer: a dead network or FUSE.

What waits for such a file system cannot always be killed, and keeps its process from ending. So this one never asks.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress

from torch_doctor.core.processes.double import all_words, can_double, double, leave
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWERS_WITHIN_S, ENDS_WITHIN_S = 2.0, 0.3
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
    return _by_double(read) if can_double() else _by_python(code, words)


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
    try:
        made = double(lambda tell: tell(read()))
    except OSError:
        return read()  # no process is to be had: then it is waited for
    found = all_words(made, time.monotonic() + ANSWERS_WITHIN_S)
    leave(made, 0.0 if found is None else ENDS_WITHIN_S)
    if found is None:
        raise NoAnswerError
    return found
