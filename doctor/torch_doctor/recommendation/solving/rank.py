"""The order of plans: what is best under each preference, and the words for it."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key, torch_release
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.solving.solve import Accepted, Candidate

# A release without a patch behind it is taken as settled once it has been out this long.
SETTLED_AFTER_DAYS = 60


class Installed(NamedTuple):
    """The torch that a host has: its version and its CUDA variant."""

    version: TorchVersion
    variant: str


def ranked(
    accepted: Sequence[Accepted],
    machines: Sequence[Machine],
    installed: Sequence[Installed],
    prefer: str,
    matrix: Matrix,
) -> list[Accepted]:
    """Return *accepted* in the order of preference, best first."""

    def key(item: Accepted) -> tuple[Any, ...]:
        candidate = item.candidate
        weak = any(row.origin.confidence == "low" for row in candidate.rows)
        newest = tuple(-number for number in release_key(candidate.torch))
        if prefer == "stable":
            return (
                weak,
                not is_settled(candidate.torch, matrix),
                newest,
                _within(candidate, machines),
            )
        if prefer == "smallest-change" and installed:
            return (
                weak,
                _distance(candidate, installed),
                newest,
                _within(candidate, machines),
            )
        return (weak, newest, _within(candidate, machines))

    return sorted(accepted, key=key)


def is_settled(torch: str, matrix: Matrix) -> bool:
    """Whether a release has had a patch, is one, or has been out for long by the date of the matrix."""
    minor, _, patch = torch.rpartition(".")
    if patch != "0" or any(row.version == f"{minor}.1" for row in matrix.torch_releases):
        return True
    row = torch_release(matrix, torch)
    return (
        row is not None
        and row.released is not None
        and _days(row.released, matrix.version) >= SETTLED_AFTER_DAYS
    )


def passed_over(chosen: Candidate, accepted: Sequence[Accepted], matrix: Matrix) -> str:
    """Return why a settled release stands before the newest that runs, "" where that is the one chosen."""
    newest = max((item.candidate.torch for item in accepted), key=release_key)
    if release_key(newest) <= release_key(chosen.torch) or is_settled(newest, matrix):
        return ""
    row = torch_release(matrix, newest)
    out = f" in {_days(row.released, matrix.version)} days" if row and row.released else ""
    return f"torch {newest} runs, too, but is not settled: it has had no patch release{out}"


def _within(candidate: Candidate, machines: Sequence[Machine]) -> tuple[Any, ...]:
    """Among builds of one release: what PyPI brings, then one that the driver serves in full, then the newest CUDA."""
    off_pypi = not all(row.on_pypi for row in candidate.rows)
    limited = any(not served_in_full(candidate, machine) for machine in machines)
    return (off_pypi, limited, -candidate.cuda.major, -candidate.cuda.minor)


def served_in_full(candidate: Candidate, machine: Machine) -> bool:
    """Whether the driver is as new as the build's CUDA; else it runs by minor-version compatibility alone."""
    reports = machine.driver_cuda
    return reports is None or reports >= candidate.cuda


def _distance(candidate: Candidate, installed: Sequence[Installed]) -> int:
    """How far the hosts must move: nothing, another CUDA, or releases up or down."""
    total = 0
    for own in installed:
        steps = abs(_minor(release_key(candidate.torch)) - _minor(own.version.release))
        same = candidate.torch == own.version.public
        total += 2 * steps + (not same) + (candidate.variant != own.variant)
    return total


def _minor(release: tuple[int, ...]) -> int:
    """1.12 and 2.0 are neighbours: the 1.x line ended with 1.13."""
    major, minor = (*release, 0, 0)[:2]
    return minor if major < 2 else 14 + minor


def _days(first: str, last: str) -> int:
    from datetime import date

    try:
        return (date.fromisoformat(last) - date.fromisoformat(first)).days
    except ValueError:
        return 0
