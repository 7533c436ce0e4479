"""Save what the probes saw of this machine, so that the same machine can be judged again anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from torch_doctor.core.redaction.credentials import without_userinfo
from torch_doctor.core.startup import Any, TypeVar
from torch_doctor.probes.collect import Collected, collect
from torch_doctor.probes.host.anonymise import cleaner
from torch_doctor.probes.host.children import ChildResult, Feed, OnLine
from torch_doctor.probes.host.links import follow
from torch_doctor.probes.host.port import READ_LIMIT, LiveHost
from torch_doctor.probes.inquiry import Inquiry

BLOB_LIMIT = 1 << 20
T = TypeVar("T")


def record(
    host: LiveHost, folder: str | Path, *, python: str | None = None, static: bool = False
) -> Collected:
    """Run every probe on *host* and save in *folder* what they asked and got, without identifiers.

    Files above 1 MiB (libraries) are saved by size alone; ``skipped`` in host.json lists them. Returns what was
    collected, identifiers included.
    """
    recording = RecordingHost(host)
    collected = collect(recording, Inquiry(python, static))
    recording.save(folder)
    return collected


class RecordingHost:
    """A host that answers as *host* does and remembers every answer."""

    def __init__(self, host: LiveHost) -> None:
        self._host = host
        self.environ: Mapping[str, str] = _NotedEnvironment(host.environ)
        self._files: dict[str, str] = {}
        self._blobs: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._dirs: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}
        self._access: dict[str, list[bool]] = {}
        self._denied: set[str] = set()
        self._calls: dict[str, Any] = {}
        self._children: dict[str, Any] = {}
        self._inside_call = threading.local()

    def read_text(self, path: str, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, limit: int = READ_LIMIT, offset: int = 0) -> bytes:
        data = self._ask(path, lambda: self._host.read_bytes(path, limit, offset))
        if not self._is_paused():
            real = self._note_links(path)
            try:
                self._files[real] = _worth_keeping(real, data.decode("utf-8"))
            except UnicodeDecodeError:
                self._note_blob(real)
        return data

    def listdir(self, path: str) -> list[str]:
        names = self._ask(path, lambda: self._host.listdir(path))
        if not self._is_paused():
            self._dirs[self._note_links(path)] = names
        return names

    def readlink(self, path: str) -> str:
        self._note_links(path)
        return self._host.readlink(path)

    def resolve(self, path: str) -> str:
        self._note_links(path)
        return self._host.resolve(path)

    def exists(self, path: str) -> bool:
        there = self._host.exists(path)
        if there:
            self._note_presence(path)
        return there

    def is_dir(self, path: str) -> bool:
        there = self._host.is_dir(path)
        if there:
            self._note_presence(path)
        return there

    def can_open(self, path: str) -> tuple[bool, bool]:
        readable, writable = self._host.can_open(path)
        if self._host.exists(path):
            self._access[self._note_links(path)] = [readable, writable]
        return readable, writable

    def size(self, path: str) -> int:
        size = self._ask(path, lambda: self._host.size(path))
        self._note_presence(path)
        return size

    def real_path(self, path: str) -> str:
        if self._host.exists(path) and not self._is_paused():
            self._note_blob(self._note_links(path))
        return self._host.real_path(path)

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
        if (
            env is not None
        ):  # made from the environment as it shows here: the rest belongs to it too
            hidden = {k: v for k, v in self._host.environ.items() if k not in set(self.environ)}
            env = {**hidden, **env}
        result = self._host.child(
            name,
            argv,
            timeout_s=timeout_s,
            env=env,
            cwd=cwd,
            on_begin=on_begin,
            on_line=on_line,
            feed=feed,
            on_exit=on_exit,
        )
        self._children[name] = result.to_json()
        return result

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        self._inside_call.yes = (
            True  # the answer is kept, so the files that it was made from need not be
        )
        try:
            answer = self._host.call(name, function)
        finally:
            self._inside_call.yes = False
        self._calls[name] = answer
        return answer

    def save(self, folder: str | Path) -> None:
        """Write the recording to *folder*; raise FileExistsError where it holds one already."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        clean = _cleaner(self._host.environ)
        document = {
            "environ": dict(self.environ),
            "calls": self._calls,
            "children": self._children,
            "files": self._files,
            "links": self._links,
            "dirs": self._dirs,
            "sizes": {path: size for path, size in self._sizes.items() if path not in self._files},
            "access": self._access,
            "denied": sorted(self._denied),
            "skipped": sorted(path for path in self._blobs if self._sizes[path] > BLOB_LIMIT),
        }
        with open(folder / "host.json", "x", encoding="utf-8") as file:
            json.dump(_clean(document, clean), file, indent=1, sort_keys=True)
            file.write("\n")
        for path, real in self._blobs.items():
            if self._sizes[path] <= BLOB_LIMIT:
                target = folder / "root" / clean(path).lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(real, target)

    def _ask(self, path: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except PermissionError:
            self._denied.add(self._note_links(path))
            raise

    def _is_paused(self) -> bool:
        return getattr(self._inside_call, "yes", False)

    def _note_links(self, path: str) -> str:
        """Remember every link on the way to *path*; return where it ends."""

        def target_of(part: str) -> str | None:
            try:
                target = self._host.readlink(part)
            except OSError:
                return None
            if not self._is_paused():
                self._links[part] = target
            return target

        return follow(path, target_of)

    def _note_presence(self, path: str) -> None:
        if self._is_paused():
            return
        real = self._note_links(path)
        if self._host.is_dir(real):
            self._dirs.setdefault(real, [])
        else:
            self._sizes[real] = self._host.size(real)

    def _note_blob(self, real: str) -> None:
        if self._host.is_dir(real):
            return
        self._sizes[real] = self._host.size(real)
        self._blobs[real] = self._host.real_path(real)


def _worth_keeping(path: str, text: str) -> str:
    """Of a header file keep the versions that it defines: the rest is long, and its maker's."""
    if not path.endswith(".h"):
        return text
    return "".join(f"{line}\n" for line in text.splitlines() if re.match(r"#define \w*VER", line))


class _NotedEnvironment(Mapping[str, str]):
    """An environment of which only what was asked for by name is kept; a child still inherits all of it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._asked: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        value = self._environ[name]
        self._asked[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._environ

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._asked))

    def __len__(self) -> int:
        return len(self._asked)


def _cleaner(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that takes identifiers out of a text and leaves a path a path."""
    uuids_and_homes = cleaner({})
    names = {environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")} - {"", "root"}
    if hasattr(os, "uname") and os.uname().nodename.partition(".")[0] != "localhost":
        names |= {os.uname().nodename, os.uname().nodename.partition(".")[0]}
    words = "|".join(
        re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 2
    )
    pattern = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])") if words else None

    def clean(text: str) -> str:
        text = without_userinfo(uuids_and_homes(text))
        return pattern.sub("somebody", text) if pattern else text

    return clean


def _clean(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(key): _clean(item, clean) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item, clean) for item in value]
    return value
