"""The port through which probes see a machine: the live one, or a recorded one."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence

from torch_doctor.core.startup import TYPE_CHECKING, Any, Protocol
from torch_doctor.probes.host.links import follow

if TYPE_CHECKING:
    from torch_doctor.probes.host.children import ChildResult, Feed, OnLine

READ_LIMIT = 1 << 20


class Host(Protocol):
    """What a probe may ask of a machine. Paths are absolute paths of that machine; failures are OSError."""

    environ: Mapping[str, str]

    def read_text(self, path: str, limit: int = READ_LIMIT) -> str:
        """Return the text of a regular file, at most *limit* bytes, undecodable bytes replaced."""

    def read_bytes(self, path: str, limit: int = READ_LIMIT, offset: int = 0) -> bytes:
        """Return at most *limit* bytes of a regular file, from *offset* on."""

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory."""

    def readlink(self, path: str) -> str:
        """Return the target of a symbolic link as it is written."""

    def resolve(self, path: str) -> str:
        """Return *path* with every symbolic link followed."""

    def exists(self, path: str) -> bool:
        """Whether something is there (links followed)."""

    def is_dir(self, path: str) -> bool:
        """Whether a directory is there (links followed)."""

    def can_open(self, path: str) -> tuple[bool, bool]:
        """Return whether this user may read and may write *path*."""

    def size(self, path: str) -> int:
        """Return the size of a file in bytes."""

    def real_path(self, path: str) -> str:
        """Return where the file lies on the machine that runs this program, for mmap."""

    def child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        on_begin: Callable[[], object] | None = None,
        on_line: OnLine | None = None,
        feed: Feed | None = None,
        on_exit: Callable[[], object] | None = None,
    ) -> ChildResult:
        """Run a supervised child; *name* identifies it in recordings, all else is supervise's."""

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        """Return a plain JSON value that only the running system knows (uname, uid, statvfs …)."""


def _nameable(path: str) -> str:
    """Return a path that the system takes: what a file names with a null byte in it is a file that is not there."""
    return path.replace("\0", "\ufffd") if "\0" in path else path


class LiveHost:
    """This machine; *root* lets tests put another tree in place of /."""

    def __init__(
        self, root: str | os.PathLike[str] = "/", environ: Mapping[str, str] | None = None
    ) -> None:
        self.root = os.fspath(root)
        self.environ = dict(os.environ if environ is None else environ)

    def real_path(self, path: str) -> str:
        path = _nameable(path)
        return path if self.root == "/" else self._inside(follow(path, self._target_of))

    def _inside(self, path: str) -> str:
        return os.path.join(self.root, path.lstrip("/"))

    def read_text(self, path: str, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, limit: int = READ_LIMIT, offset: int = 0) -> bytes:
        # A FIFO or a device would block or act: opened without blocking, then refused.
        descriptor = os.open(self.real_path(path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                msg = f"{path} is not a regular file"
                raise OSError(msg)
            if limit < status.st_size:
                from torch_doctor.binaries.elf import read_no_more

                read_no_more(descriptor)
            if offset:
                file.seek(offset)
            return file.read(limit)

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(self.real_path(path)))

    def readlink(self, path: str) -> str:
        path = _nameable(path)
        if self.root == "/":
            return os.readlink(path)
        return os.readlink(self._inside(follow(path, self._target_of, last=False)))

    def resolve(self, path: str) -> str:
        path = _nameable(path)
        if self.root == "/":
            return os.path.realpath(path)
        return follow(path, self._target_of)

    def exists(self, path: str) -> bool:
        return _answers(lambda: os.path.exists(self.real_path(path)))

    def is_dir(self, path: str) -> bool:
        return _answers(lambda: os.path.isdir(self.real_path(path)))

    def can_open(self, path: str) -> tuple[bool, bool]:
        real = self.real_path(path)
        return os.access(real, os.R_OK), os.access(real, os.W_OK)

    def size(self, path: str) -> int:
        return os.path.getsize(self.real_path(path))

    def _target_of(self, path: str) -> str | None:
        try:
            return os.readlink(self._inside(path))
        except OSError:
            return None

    def child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        **how: Any,
    ) -> ChildResult:
        from torch_doctor.probes.host.supervise import supervise

        return supervise(argv, env=self.environ if env is None else env, **how)

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        return function()


class RecordedHost:
    """A machine saved in a folder by torch_doctor.probes.record: ``host.json``, and ``root/`` for what is not text.

    ``host.json`` holds the environment, the answers of the system and of children, and one flat file system: files
    (path to text), links (path to target), dirs (path to names), sizes (of files whose content was not kept),
    access (path to [readable, writable]) and denied (paths that could not be read).
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.fspath(folder)
        with open(os.path.join(self.folder, "host.json"), encoding="utf-8") as file:
            document = json.load(file)
        self.environ: Mapping[str, str] = document.get("environ", {})
        self._calls: dict[str, Any] = document.get("calls", {})
        self._children: dict[str, Any] = document.get("children", {})
        self._access: dict[str, list[bool]] = document.get("access", {})
        self._denied: set[str] = set(document.get("denied", ()))
        self._files: dict[str, str] = document.get("files", {})
        self._links: dict[str, str] = document.get("links", {})
        self._sizes: dict[str, int] = document.get("sizes", {})
        self._names: dict[str, set[str]] = {"/": set()}
        for path, names in document.get("dirs", {}).items():
            self._names[path] = set(names)
        for path in (*self._files, *self._links, *self._sizes, *self._access, *self._names):
            self._add(path)
        root = os.path.join(self.folder, "root")
        for inner, folders, files in os.walk(root):
            for name in (*folders, *files):
                self._add(
                    "/" + os.path.relpath(os.path.join(inner, name), root).replace(os.sep, "/")
                )

    def _add(self, path: str) -> None:
        while path != "/":
            parent, _, name = path.rpartition("/")
            path = parent or "/"
            self._names.setdefault(path, set()).add(name)

    def real_path(self, path: str) -> str:
        return os.path.join(self.folder, "root", self.resolve(path).lstrip("/"))

    def read_text(self, path: str, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, limit: int = READ_LIMIT, offset: int = 0) -> bytes:
        real = self.resolve(path)
        if path in self._denied or real in self._denied:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if real in self._files:
            return self._files[real].encode("utf-8", "surrogateescape")[offset:][:limit]
        with open(self.real_path(path), "rb") as file:
            file.seek(offset)
            return file.read(limit)

    def listdir(self, path: str) -> list[str]:
        real = self.resolve(path)
        if path in self._denied or real in self._denied:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if real not in self._names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return sorted(self._names[real])

    def readlink(self, path: str) -> str:
        here = follow(path, self._links.get, last=False)
        if here not in self._links:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        return self._links[here]

    def resolve(self, path: str) -> str:
        return follow(path, self._links.get)

    def exists(self, path: str) -> bool:
        parent, _, name = self.resolve(path).rpartition("/")
        return not name or name in self._names.get(parent or "/", ())

    def is_dir(self, path: str) -> bool:
        return self.resolve(path) in self._names

    def can_open(self, path: str) -> tuple[bool, bool]:
        there = self.exists(path) and path not in self._denied
        readable, writable = self._access.get(path, (there, there))
        return readable, writable

    def size(self, path: str) -> int:
        real = self.resolve(path)
        if real in self._sizes:
            return self._sizes[real]
        if real in self._files:
            return len(self._files[real].encode("utf-8", "surrogateescape"))
        return os.path.getsize(self.real_path(path))

    def child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        on_line: OnLine | None = None,
        on_exit: Callable[[], object] | None = None,
        **how: Any,
    ) -> ChildResult:
        from torch_doctor.probes.host.children import ChildResult

        if on_exit:
            on_exit()
        if name not in self._children:
            return ChildResult("not-recorded", detail="this recording has no such child")
        result = ChildResult.from_json(self._children[name])
        if on_line:
            for line in result.lines:
                on_line(line)
        return result

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        return self._calls.get(name)


def _answers(question: Callable[[], bool]) -> bool:
    """Return False where the system cannot say: a loop of links, a directory that may not be searched."""
    try:
        return question()
    except OSError:
        return False
