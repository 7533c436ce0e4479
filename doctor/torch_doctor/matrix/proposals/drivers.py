"""Rows for branches of drivers that a list of releases names and the matrix lacks, and releases newer than a row's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.measured.differences import Difference
from torch_doctor.matrix.proposals.rows import Proposed
from torch_doctor.matrix.store import Matrix, row_key

# What NVIDIA calls the kinds of branches, and what the rows do.
_KINDS = {"production branch": "PB", "lts branch": "LTSB", "new feature branch": "NFB"}


class ListedRelease(NamedTuple):
    """A release and the day on which it came out."""

    version: str
    day: str | None


class ListedBranch(NamedTuple):
    """A branch as NVIDIA lists it: its number, what kind of branch it is, and its releases."""

    branch: int
    kind: str
    releases: tuple[ListedRelease, ...]


def proposed_drivers(
    listed: Iterable[ListedBranch], matrix: Matrix, source: str
) -> Iterator[Proposed | Difference]:
    """Yield a row for each branch without one, and each field of which the list says more than a row."""
    rows = {row.branch: row for row in matrix.drivers}
    oldest = min(rows, default=0)
    for one in listed:
        row = rows.get(one.branch)
        order = sorted(one.releases, key=lambda release: DriverRelease.parse(release.version))
        if row is None:
            if one.branch > oldest:
                yield _row(one, order, source)
            continue
        key, last = row_key("drivers", row), order[-1].version
        if row.last_linux is None or _older(row.last_linux, last):
            yield Difference(key, "last_linux", row.last_linux or "not recorded", last)
        kind = _KINDS.get(one.kind)
        if row.kind is None and kind:
            yield Difference(key, "kind", "not recorded", kind)


def _older(one: str, other: str) -> bool:
    return DriverRelease.parse(one) < DriverRelease.parse(other)


def _row(one: ListedBranch, order: list[ListedRelease], source: str) -> Proposed:
    cells: list[tuple[str, Any]] = [("branch", one.branch)]
    if one.kind in _KINDS:
        cells.append(("kind", _KINDS[one.kind]))
    cells += [("first", order[0].version), ("last_linux", order[-1].version)]
    if order[0].day:
        cells.append(("released", order[0].day))
    unfilled = (("cuda", "the CUDA that its libcuda reports, from its release notes"),)
    return Proposed("drivers", f"drivers/{one.branch}", tuple(cells), unfilled, source, "docs")
