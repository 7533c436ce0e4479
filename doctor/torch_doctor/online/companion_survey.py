"""The builds of companions that an index serves, and how each compares with its row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from torch_doctor.core.text import plural
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.measured.companions import MeasuredBuild, build_differences, row_of
from torch_doctor.matrix.measured.differences import Difference
from torch_doctor.matrix.store import Matrix, row_key
from torch_doctor.online.companions import BuildFiles, groups_of, measure_build
from torch_doctor.online.index import Link, PackageIndex, links
from torch_doctor.online.readers import found_and_failed, read_each
from torch_doctor.online.web import OnlineError, Web
from torch_doctor.online.wheels import wheels_of

# Of a package without rows so many releases are read.
_NEWEST = 10


class Reach(NamedTuple):
    """How far to read: GPU *code* of libraries, of *limit* bytes at most, and *only_new* builds, which have no row."""

    code: bool = False
    limit: int = 0
    only_new: bool = False


class BuildSurvey(NamedTuple):
    """What was found: builds read, those without a row, differences, what could not be read.

    *unread* are the rows whose GPU code was not compared, each with why.
    """

    measured: tuple[MeasuredBuild, ...]
    unknown: tuple[MeasuredBuild, ...]
    differences: tuple[Difference, ...]
    failed: tuple[tuple[str, str], ...]
    unread: tuple[tuple[str, str], ...]
    bytes_read: int


def builds_served(links_of: Iterable[Link], package: str) -> list[BuildFiles]:
    """Return the builds of final releases that are not withdrawn, oldest first."""
    from packaging.version import InvalidVersion, Version

    every = list(links_of)
    sources = [link for link in every if link.filename.endswith(".tar.gz")]
    found: list[tuple[Version, BuildFiles]] = []
    for group in groups_of(package, wheels_of(every, package), sources):
        try:
            version = Version(group.version)
        except InvalidVersion:
            continue
        if not version.is_prerelease:
            found.append((version, group))
    found.sort(key=lambda item: (item[0], item[1].platform, item[1].abi))
    return [group for _, group in found]


def recorded_or_newer(
    matrix: Matrix, package: str, groups: Iterable[BuildFiles]
) -> list[BuildFiles]:
    """Return the builds of releases on record and of newer ones; of a package without rows, the newest releases."""
    from packaging.version import Version

    every = list(groups)
    recorded = {row.version for row in matrix.select(CompanionBuild, package=package)}
    versions = sorted({group.version for group in every}, key=Version)
    if not recorded:
        return [group for group in every if group.version in versions[-_NEWEST:]]
    newest = max(map(Version, recorded))
    return [
        group for group in every if group.version in recorded or Version(group.version) > newest
    ]


def _without_row(matrix: Matrix, package: str, groups: Iterable[BuildFiles]) -> list[BuildFiles]:
    """Return those of them that are not on record."""
    there = {_key(row) for row in matrix.select(CompanionBuild, package=package)}
    return [
        group for group in recorded_or_newer(matrix, package, groups) if _key(group) not in there
    ]


def survey_package(
    web: Web,
    index: PackageIndex,
    matrix: Matrix,
    package: str,
    reach: Reach = Reach(),
    progress: Callable[[str], None] = lambda _: None,
) -> BuildSurvey:
    """Read the builds of one package. One that cannot be read is named.

    Raise OnlineError where the index itself cannot be read.
    """
    before = web.bytes_read
    served = builds_served(links(web, index, package), package)
    extra, bare = _extra(matrix, package), _without_code(matrix, package)

    def read(group: BuildFiles) -> MeasuredBuild:
        progress(_named(group))
        whole = reach.code and _key(group) not in bare
        return measure_build(web, group, extra, code=whole, limit=reach.limit)

    choose = _without_row if reach.only_new else recorded_or_newer
    measured, failed = found_and_failed(read_each(choose(matrix, package, served), read), _named)
    rows = [(item, row_of(item, matrix)) for item in measured]
    known = [(item, row) for item, row in rows if row is not None]
    return BuildSurvey(
        measured=measured,
        unknown=tuple(item for item, row in rows if row is None),
        differences=(
            *(each for item, row in known for each in build_differences(item, row)),
            *_gone(matrix, package, served),
        ),
        failed=failed,
        unread=tuple(
            (row_key("companion_builds", row), dict(item.unread)["archs"])
            for item, row in known
            if "archs" in dict(item.unread) and row.archs is not None
        ),
        bytes_read=web.bytes_read - before,
    )


def served_packages(matrix: Matrix) -> list[str]:
    """Return the companions on record of which an index has builds; others are had as source, of their makers."""
    rows = matrix.companion_builds
    return sorted({row.package for row in rows if row.index_url is None})


def survey_packages(packages: Iterable[str], survey: Callable[[str], BuildSurvey]) -> BuildSurvey:
    """Return the surveys of several packages as one; what of the index cannot be read is named.

    Raise OnlineError where that is so of the first: the index itself is at fault, or the name.
    """
    every: list[BuildSurvey] = []
    failed: list[tuple[str, str]] = []
    for package in packages:
        try:
            every.append(survey(package))
        except OnlineError as error:
            if not every:
                raise
            failed.append((package, str(error)))
    return BuildSurvey(
        measured=tuple(item for found in every for item in found.measured),
        unknown=tuple(item for found in every for item in found.unknown),
        differences=tuple(item for found in every for item in found.differences),
        failed=(*failed, *(item for found in every for item in found.failed)),
        unread=tuple(item for found in every for item in found.unread),
        bytes_read=sum(found.bytes_read for found in every),
    )


def _without_code(matrix: Matrix, package: str) -> set[tuple[str, str, str]]:
    """Return the builds whose row says nothing of GPU code: there is nothing to be compared."""
    rows = matrix.select(CompanionBuild, package=package)
    return {_key(row) for row in rows if row.archs is None}


def _key(build: BuildFiles | CompanionBuild) -> tuple[str, str, str]:
    return build.version, build.platform, build.abi


def _gone(matrix: Matrix, package: str, served: Iterable[BuildFiles]) -> Iterator[Difference]:
    """Yield rows of this index whose build it does not serve."""
    there = {_key(group) for group in served}
    for row in matrix.select(CompanionBuild, package=package):
        if row.index_url is None and _key(row) not in there:
            yield Difference(row_key("companion_builds", row), "files", "served", "not served")


def _extra(matrix: Matrix, package: str) -> str | None:
    """Return the extra by which the rows of a package ask for the CUDA libraries."""
    rows = matrix.select(CompanionBuild, package=package)
    return next((row.extra for row in rows if row.extra), None)


def _named(group: BuildFiles) -> str:
    wheels = f" ({plural(len(group.wheels), 'wheel')})" if group.wheels else ""
    return f"{group.package} {group.version} for {group.platform}, {group.abi}{wheels}"
