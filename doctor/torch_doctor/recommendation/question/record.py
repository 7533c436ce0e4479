"""What a question names and no row knows: that is not a no, and is said with where the record begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.matrix.builds.rows import Companion, CompanionBuild
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Constraints, QuestionError, Spec


def check_on_record(constraints: Constraints, matrix: Matrix) -> None:
    """Raise QuestionError where a torch or a package is asked for of which no release is on record."""
    if constraints.torch is not None:
        versions = dict.fromkeys(row.torch for row in matrix.torch_builds)
        _check("--torch", "torch", constraints.torch, versions, matrix)
    check_companions(constraints, matrix)


def check_companions(constraints: Constraints, matrix: Matrix) -> None:
    """Raise QuestionError where a package is asked for of which no such release is on record."""
    for package, spec in constraints.companions:
        versions = dict.fromkeys(_versions(package, matrix))
        # Of a package that torch pins, what torch pins is the record.
        if spec is not None and (versions or not is_pinned(package, matrix)):
            _check("--with", package, spec, versions, matrix)


def is_pinned(package: str, matrix: Matrix) -> bool:
    """Whether a build of torch asks for a package."""
    return any(package in dict(row.pins) for row in matrix.torch_builds)


def _versions(package: str, matrix: Matrix) -> Iterator[str]:
    yield from (row.version for row in matrix.select(Companion, package=package))
    yield from (row.version for row in matrix.select(CompanionBuild, package=package))


def _check(flag: str, name: str, spec: Spec, versions: dict[str, None], matrix: Matrix) -> None:
    if any(spec.allows(version) for version in versions):
        return
    if not versions:
        raise QuestionError(f"{flag}: no release of {name} is on record")
    order = sorted(versions, key=_numbers)
    raise QuestionError(
        f"{flag}: no {name} {spec.text} is on record in the matrix of {matrix.version}: it begins at "
        f"{order[0]} and ends at {order[-1]}"
    )


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
