"""The port through which probes see a machine: the live one, or a recorded one."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from doctor.probes.supervise import ChildResult, OnLine, supervise

READ_LIMIT = 1 << 20


class Host(Protocol):
    """What a probe may ask of a machine. Paths are absolute paths of that machine; failures are OSError."""

    environ: Mapping[str, str]

    def read_text(self, path: str, limit: int = READ_LIMIT) -> str:
        """Return the text of a regular file, at most *limit* bytes, undecodable bytes replaced."""

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

    def real_path(self, path: str) -> Path:
        """Return where the file lies on the machine that runs this program, for mmap."""

    def child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        on_line: OnLine | None = None,
    ) -> ChildResult:
        """Run a supervised child; *name* identifies it in recordings, *on_line* sees its lines as they come."""

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        """Return a plain JSON value that only the running system knows (uname, uid, statvfs …)."""


class LiveHost:
    """This machine; *root* lets tests put another tree in place of /."""

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None) -> None:
        self.root = Path(root)
        self.environ = dict(os.environ if environ is None else environ)

    def real_path(self, path: str) -> Path:
        return self.root / path.lstrip("/") if self.root != Path("/") else Path(path)

    def read_text(self, path: str, limit: int = READ_LIMIT) -> str:
        descriptor = os.open(self.real_path(path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                msg = f"{path} is not a regular file"
                raise OSError(msg)
            return file.read(limit).decode("utf-8", "replace")

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(self.real_path(path)))

    def readlink(self, path: str) -> str:
        return os.readlink(self.real_path(path))

    def resolve(self, path: str) -> str:
        real = os.path.realpath(self.real_path(path))
        if self.root == Path("/"):
            return real
        return "/" + os.path.relpath(real, self.root)

    def exists(self, path: str) -> bool:
        return self.real_path(path).exists()

    def is_dir(self, path: str) -> bool:
        return self.real_path(path).is_dir()

    def can_open(self, path: str) -> tuple[bool, bool]:
        real = self.real_path(path)
        return os.access(real, os.R_OK), os.access(real, os.W_OK)

    def size(self, path: str) -> int:
        return self.real_path(path).stat().st_size

    def child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        on_line: OnLine | None = None,
    ) -> ChildResult:
        return supervise(
            argv,
            timeout_s=timeout_s,
            env=self.environ if env is None else env,
            cwd=cwd,
            on_line=on_line,
        )

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        return function()


class RecordedHost(LiveHost):
    """A machine saved in a folder: ``root/`` (files), ``host.json`` (environment, system answers, child results)."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        document = json.loads((self.folder / "host.json").read_text(encoding="utf-8"))
        super().__init__(str(self.folder / "root"), document.get("environ", {}))
        self._calls: dict[str, Any] = document.get("calls", {})
        self._children: dict[str, Any] = document.get("children", {})
        self._access: dict[str, list[bool]] = document.get("access", {})

    def can_open(self, path: str) -> tuple[bool, bool]:
        readable, writable = self._access.get(path, (True, True))
        return readable, writable

    def child(
        self,
        name: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        on_line: OnLine | None = None,
    ) -> ChildResult:
        if name not in self._children:
            return ChildResult(status="not-started", detail="this recording has no such child")
        result = ChildResult.from_json(self._children[name])
        if on_line:
            for line in result.lines:
                on_line(line)
        return result

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        return self._calls.get(name)
