"""What a question names and no row knows: that is not a no, and is said with where the record begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion
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


def unnamed_pair(constraints: Constraints, platform: str, matrix: Matrix) -> str | None:
    """Say that the torch and CUDA asked for have no row on *platform* and may be published all the same.

    None where a row is meant, and where the absence of one is a no.
    """
    asked = constraints
    if asked.torch is None or any(
        row.platform == platform and _is_meant(row.torch, row.variant, row.cuda, asked)
        for row in matrix.torch_builds
    ):
        return None
    from torch_doctor.matrix.builds.open_indexes import open_index, unnamed

    for index in matrix.open_indexes:
        cuda = str(CudaVersion.from_tag(index.variant))
        for release in reversed(matrix.torch_releases):
            if _is_meant(release.version, index.variant, cuda, asked) and open_index(
                release.version, index.variant, platform, matrix
            ):
                return unnamed(index, release.version, platform, matrix)
    return _off_platform(asked.torch, platform, matrix)


def _off_platform(torch: Spec, platform: str, matrix: Matrix) -> str | None:
    """Say that no row tells whether a release was built for a platform; one without CUDA tells that it was, and how."""
    meant = [row for row in matrix.torch_builds if torch.allows(row.torch)]
    if not meant or any(row.platform == platform for row in meant):
        return None
    elsewhere = listing(sorted({row.platform for row in meant}))
    return (
        f"whether torch {torch.text} was built for {platform} is not on record, with CUDA or without: "
        f"it is for {elsewhere}"
    )


def _is_meant(torch: str, variant: str, cuda: str | None, asked: Constraints) -> bool:
    if cuda is None or (asked.torch and not asked.torch.allows(torch)):
        return False
    of_variant = asked.variant in (None, variant)
    return of_variant and (asked.cuda is None or asked.cuda.allows(cuda))


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
