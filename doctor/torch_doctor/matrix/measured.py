"""What was read from the wheels of one torch release, and where it differs from the rows of the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.query import torch_build, torch_release
from torch_doctor.matrix.store import Matrix, row_key

if TYPE_CHECKING:
    from torch_doctor.matrix.builds.measured import MeasuredBuild
    from torch_doctor.matrix.rows import Row

_BUILD_FIELDS = ("cuda", "archs", "ptx", "python_tags", "glibc", "cxx11_abi", "pins")
_RELEASE_FIELDS = ("requires_python", "git_version", "released")


class Measured(NamedTuple):
    """One release on one platform as its wheels say. Fields are those of the rows torch_builds and torch_releases.

    A field that could not be read is in *unread*, with the reason. *wheel* is the file that was opened.
    """

    torch: str
    variant: str
    platform: str
    cuda: str | None
    archs: tuple[str, ...]
    ptx: tuple[str, ...]
    python_tags: tuple[str, ...]
    glibc: str | None
    cxx11_abi: bool | None
    pins: tuple[tuple[str, str], ...]
    requires_python: str | None
    git_version: str | None
    released: str | None
    wheel: str
    unread: tuple[tuple[str, str], ...] = ()


class Difference(NamedTuple):
    """One field of one row that says something else than the wheel; *explained* where the row's own note names it."""

    row: str
    field: str
    recorded: str
    found: str
    explained: bool = False


def worded(found: Difference) -> str:
    """Return a difference in one line."""
    tail = " (the row's note says so)" if found.explained else ""
    return f"{found.row} {found.field}: the row says {found.recorded}; the wheel says {found.found}{tail}"


def is_recorded(measured: Measured, matrix: Matrix) -> bool:
    """Whether the matrix has rows for this release on this platform."""
    released = torch_release(matrix, measured.torch) is not None
    return released and _served(measured, matrix) is not None


def differences(measured: Measured, matrix: Matrix) -> Iterator[Difference]:
    """Yield every field in which the rows and the wheels of a recorded release disagree."""
    release = torch_release(matrix, measured.torch)
    if release is None:
        return
    served = dict(release.pypi).get(measured.platform)
    if served != measured.variant:
        key = row_key("torch_releases", release)
        yield Difference(key, f"pypi.{measured.platform}", _shown(served), measured.variant)
    yield from field_differences("torch_releases", release, measured, _RELEASE_FIELDS)
    build = _served(measured, matrix)
    if build is not None:
        yield from field_differences("torch_builds", build, measured, _BUILD_FIELDS)


def _served(measured: Measured, matrix: Matrix) -> TorchBuild | None:
    """Return the row of the build that the index itself serves on this platform."""
    return torch_build(matrix, measured.torch, measured.variant, measured.platform) or next(
        (
            row
            for row in matrix.torch_builds
            if row.on_pypi and (row.torch, row.platform) == (measured.torch, measured.platform)
        ),
        None,
    )


def field_differences(
    table: str, row: Row, measured: Measured | MeasuredBuild, names: Iterable[str]
) -> Iterator[Difference]:
    """Yield the fields of *names* in which a row and what was read disagree; unread ones agree with anything."""
    unread = dict(measured.unread)
    for name in names:
        if name not in unread:
            yield from field_difference(table, row, name, getattr(measured, name))


def field_difference(table: str, row: Row, name: str, found: Any) -> Iterator[Difference]:
    """Yield how one field of a row differs from what was *found*, where it does."""
    recorded = getattr(row, name)
    if _comparable(name, recorded) != _comparable(name, found):
        shown = _shown(found)
        remarks = f"{row.origin.note or ''} {row.origin.dispute or ''}"
        explained = found is not None and shown in remarks
        yield Difference(row_key(table, row), name, _shown(recorded), shown, explained)


def _comparable(name: str, value: Any) -> object:
    """Order says nothing but where it is written; a requirement may list its ranges in any order."""
    if name == "pins":
        return {key: frozenset(text.split(",")) for key, text in value}
    if name == "requires_python" and value:
        return frozenset(part.strip() for part in value.split(","))
    return frozenset(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    if value is None:
        return "not recorded"
    if isinstance(value, tuple):
        return " ".join(" ".join(v) if isinstance(v, tuple) else str(v) for v in value) or "none"
    return str(value)
