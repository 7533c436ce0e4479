"""What was read from the wheels of one build of a companion, and where it differs from its row."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.measured.differences import Difference, field_differences
from torch_doctor.matrix.store import Matrix

# A row that leaves these out says that they were not measured, which no wheel contradicts.
_MAY_BE_UNMEASURED = (
    "needs",
    "links_torch",
    "archs",
    "ptx",
    "partial",
    "glibc",
    "released",
)


class MeasuredBuild(NamedTuple):
    """One build as its wheels say: the fields of the row companion_builds.

    A field that could not be read, or was not looked at, is in *unread*, with the reason. *wheel* is the file that was
    opened. *details* are the modules as they were read, for people who look into a difference.
    """

    package: str
    version: str
    platform: str
    abi: str
    python_tags: tuple[str, ...]
    requires_python: str | None
    torch: str | None
    pins: tuple[tuple[str, str], ...]
    extra: str | None
    needs: tuple[str, ...] | None
    links_torch: bool | None
    archs: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    partial: tuple[str, ...] | None
    glibc: str | None
    released: str | None
    wheel: str
    pins_on: tuple[tuple[str, str], ...] = ()
    cudas: tuple[tuple[str, str], ...] | None = ()
    unread: tuple[tuple[str, str], ...] = ()
    details: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the row of this build."""
        return self.package, self.version, self.platform, self.abi


# The columns of a row that its wheels tell, in the order of the row.
MEASURED = tuple(name for name in CompanionBuild._fields if name in MeasuredBuild._fields)
# Those by which the row is found, and what it was asked for with.
_SOUGHT_BY = ("package", "version", "platform", "abi", "extra")


def row_of(measured: MeasuredBuild, matrix: Matrix) -> CompanionBuild | None:
    """Return the row of this build, None where it is not on record."""
    found = matrix.select(CompanionBuild, package=measured.package, version=measured.version)
    there = (row for row in found if (row.platform, row.abi) == (measured.platform, measured.abi))
    return next(there, None)


def build_differences(measured: MeasuredBuild, row: CompanionBuild) -> Iterator[Difference]:
    """Yield every field in which a row and the wheels disagree."""
    known = [
        name
        for name in MEASURED
        if name not in _SOUGHT_BY
        and not (name in _MAY_BE_UNMEASURED and getattr(row, name) is None)
        and name not in dict(measured.unread)
    ]
    yield from field_differences("companion_builds", row, measured, known)
