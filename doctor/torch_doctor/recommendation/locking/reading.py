"""Read a lock back: what is no lock, of a newer form or changed by hand is one fault with its key and its cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.fixes.quoting import word
from torch_doctor.recommendation.locking.digest import KIND, LOCK_VERSION, digest_of

MAKE_IT = "make it with torch-doctor recommend --lock FILE"
_ANEW = "write it anew with torch-doctor recommend --lock FILE, and leave it as it is"


class LockError(ValueError):
    """A lock that cannot be used: *key* is where in it, *cure* what to do."""

    def __init__(self, key: str, message: str, cure: str = MAKE_IT) -> None:
        super().__init__(message)
        self.key, self.message, self.cure = key, message, cure


class LockedRow(NamedTuple):
    """One row of the matrix as it was when the lock was written."""

    key: str
    values: Mapping[str, Any]


class LockedGpu(NamedTuple):
    """A GPU that the plan is for."""

    name: str
    capability: str | None


class Lock(NamedTuple):
    """What a lock holds a host to.

    *packages* are its companions with the releases that are on record; *python* are the tags with a wheel, *asked* the
    one that was asked for. *question* are the words of the command line, ready to be pasted behind ``recommend``.
    """

    torch: str
    variant: str
    cuda: str | None
    platform: str
    origin: str
    min_driver: str | None
    python: tuple[str, ...]
    asked_python: str | None
    packages: Mapping[str, str | None]
    cudnn: str | None
    nccl: str | None
    commands: Mapping[str, str]
    gpus: tuple[LockedGpu, ...]
    question: str
    rows: tuple[LockedRow, ...]
    matrix_version: str
    matrix_digest: str

    @property
    def build(self) -> str:
        """The build as torch says it, ``2.8.0+cu128``."""
        return f"{self.torch}+{self.variant}" if self.variant else self.torch


def read_lock(document: Any) -> Lock:
    """Return the lock that *document* is; raise LockError where it is none that can be used."""
    content = _checked(document)
    plan, question, matrix = (_object(content, key) for key in ("plan", "question", "matrix"))
    hosts = [_object({"hosts": one}, "hosts") for one in _list(question, "hosts")]
    tags = {_text(host, "python", none=True) for host in hosts}
    minimum = _text(plan, "min_driver", none=True)
    _parsed(DriverRelease, "min_driver", minimum)
    return Lock(
        torch=_text(plan, "torch") or "",
        variant=_text(plan, "variant") or "",
        cuda=_text(plan, "cuda", none=True),
        platform=_text(plan, "platform") or "",
        origin=_text(plan, "origin") or "",
        min_driver=minimum,
        python=_texts(plan, "python"),
        asked_python=tags.pop() if len(tags) == 1 else None,
        packages=dict(_packages(plan)),
        cudnn=_text(plan, "cudnn", none=True),
        nccl=_text(plan, "nccl", none=True),
        commands={
            key: _text(found, key) or "" for found in [_object(plan, "commands")] for key in found
        },
        gpus=tuple(gpu for host in hosts for gpu in _gpus(host)),
        question=" ".join(map(word, _texts(question, "words"))),
        rows=tuple(_rows(content)),
        matrix_version=_text(matrix, "version") or "",
        matrix_digest=_text(matrix, "digest") or "",
    )


def _checked(document: Any) -> Mapping[str, Any]:
    """What can be told before anything inside is looked at: kind, version and digest."""
    if not isinstance(document, Mapping) or document.get("kind") != KIND:
        raise LockError("kind", f"is no lock of torch-doctor: it does not say kind {KIND}")
    version = document.get("schema_version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise LockError("schema_version", "has no schema_version that is a number from 1 on")
    if version > LOCK_VERSION:
        message = f"is of schema version {version}, and this torch-doctor reads {LOCK_VERSION}"
        raise LockError("schema_version", message, "update torch-doctor")
    written = document.get("digest")
    if not isinstance(written, str):
        raise LockError("digest", "has no digest: it was cut short or edited", _ANEW)
    if written != digest_of(document):
        raise LockError("digest", "was edited: its digest is not that of its content", _ANEW)
    return document


def _packages(plan: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for one in _list(plan, "companions"):
        package = _object({"companions": one}, "companions")
        yield _text(package, "name") or "", _text(package, "version", none=True)


def _gpus(host: Mapping[str, Any]) -> Iterator[LockedGpu]:
    for one in _list(host, "gpus"):
        gpu = _object({"gpus": one}, "gpus")
        capability = _text(gpu, "compute_capability", none=True)
        _parsed(ComputeCapability, "compute_capability", capability)
        yield LockedGpu(_text(gpu, "name") or "", capability)


def _rows(content: Mapping[str, Any]) -> Iterator[LockedRow]:
    for one in _list(content, "rows"):
        row = _object({"rows": one}, "rows")
        yield LockedRow(_text(row, "row") or "", _object(row, "values"))


def _parsed(kind: Any, key: str, text: str | None) -> None:
    """Raise LockError where a version is none."""
    if text is None:
        return
    try:
        kind.parse(text)
    except ValueError as error:
        raise LockError(key, f"{key}: {one_line(str(error))}") from error


def _object(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    if not isinstance(value, Mapping):
        raise LockError(key, f"{key} is no object")
    return value


def _list(holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    if not isinstance(value, list):
        raise LockError(key, f"{key} is no list")
    return value


def _texts(holder: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(_text({key: one}, key) or "" for one in _list(holder, key))


def _text(holder: Mapping[str, Any], key: str, *, none: bool = False) -> str | None:
    value = holder.get(key)
    if not (isinstance(value, str) or (none and value is None)):
        raise LockError(key, f"{key} is no text")
    return None if value is None else value
