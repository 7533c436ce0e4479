"""``torch-doctor matrix refresh --diff``: rows for new wheels, companions and drivers as a diff to be reviewed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.matrix.measured.differences import Difference
    from torch_doctor.matrix.proposals.rows import Addition
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.online.index import PackageIndex
    from torch_doctor.online.web import Web

Progress = Callable[[str], None]


class Found(NamedTuple):
    """Rows to add, fields to change, differences that a person has to look into, and what could not be read."""

    added: tuple[Addition, ...] = ()
    changed: tuple[Difference, ...] = ()
    doubtful: tuple[Difference, ...] = ()
    failed: tuple[str, ...] = ()


def propose_diff(
    arguments: argparse.Namespace,
    matrix: Matrix,
    wanted: Callable[[str], bool],
    platforms: tuple[str, ...],
) -> int:
    """Read all that is new, print the diff, say the rest on stderr, and return the exit code."""
    from datetime import date

    from torch_doctor.cli.output.streams import emit, notice
    from torch_doctor.matrix.measured.differences import worded
    from torch_doctor.matrix.proposals.patch import as_diff
    from torch_doctor.online.driver_releases import RELEASES

    folder = _folder(arguments.diff)
    found = tuple(_each(arguments, matrix, wanted, platforms))
    text, left = as_diff(
        folder,
        [row for one in found for row in one.added],
        [change for one in found for change in one.changed],
        RELEASES,
        date.today().isoformat(),
    )
    emit(text)
    doubtful = [*(each for one in found for each in one.doubtful if not each.explained), *left]
    failed = [line for one in found for line in one.failed]
    for line in (*map(worded, doubtful), *failed):
        notice(line)
    if not text and not doubtful and not failed:
        notice("nothing is newer than the rows")
    return 2 if failed else 1 if text or doubtful else 0


def _folder(named: str) -> Path:
    from torch_doctor.cli.matrix.validate import folder
    from torch_doctor.matrix.paths import SOURCES

    found = folder("--diff", named) if named else Path(SOURCES)
    if found is None or not found.is_dir():
        raise InputError("--diff needs the folder matrix/ of a checkout", "name it: --diff DIR")
    return found


def _each(
    arguments: argparse.Namespace,
    matrix: Matrix,
    wanted: Callable[[str], bool],
    platforms: tuple[str, ...],
) -> Iterator[Found]:
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.online.index import PackageIndex, configured_index
    from torch_doctor.online.web import OnlineError, Web, plain

    progress: Progress = (lambda _: None) if arguments.quiet else notice
    try:
        named = arguments.index_url
        index = PackageIndex(named) if named else configured_index(os.environ)
        notice(f"goes online: reads wheels that have no row on {plain(index.url)}")
        with Web(index.url, verify=index.cert or True) as web:
            yield _torch(web, index, matrix, wanted, platforms, progress)
            yield from _companions(web, index, matrix, arguments.companions, progress)
    except OnlineError as error:
        yield Found(failed=(str(error),))
    if arguments.online:
        yield _drivers(matrix)


def _torch(
    web: Web,
    index: PackageIndex,
    matrix: Matrix,
    wanted: Callable[[str], bool],
    platforms: tuple[str, ...],
    progress: Progress,
) -> Found:
    from torch_doctor.matrix.proposals.torch import torch_additions
    from torch_doctor.online.survey import survey
    from torch_doctor.online.web import OnlineError

    try:
        found = survey(web, index, matrix, wanted, platforms, progress)
    except OnlineError as error:
        return Found(failed=(f"torch: {error}",))
    failed = tuple(f"{what}: could not be read: {why}" for what, why in found.failed)
    return Found(tuple(torch_additions(found.unknown, matrix)), (), found.differences, failed)


def _companions(
    web: Web, index: PackageIndex, matrix: Matrix, named: list[str] | None, progress: Progress
) -> Iterator[Found]:
    from torch_doctor.matrix.proposals.companions import companion_additions
    from torch_doctor.online.companion_survey import Reach, served_packages, survey_package
    from torch_doctor.online.web import OnlineError

    for name in named or served_packages(matrix):
        package = name.lower().replace("_", "-")
        try:
            found = survey_package(web, index, matrix, package, Reach(only_new=True), progress)
        except OnlineError as error:
            yield Found(failed=(f"{package}: {error}",))
            continue
        failed = tuple(f"{what}: could not be read: {why}" for what, why in found.failed)
        yield Found(tuple(companion_additions(found.unknown)), (), found.differences, failed)


def _drivers(matrix: Matrix) -> Found:
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.matrix.proposals.drivers import proposed_drivers
    from torch_doctor.matrix.proposals.rows import Addition, Proposed, row_lines
    from torch_doctor.online.driver_releases import RELEASES, listed_branches
    from torch_doctor.online.web import OnlineError

    notice(f"goes online: reads {RELEASES}")
    try:
        found = list(proposed_drivers(listed_branches(), matrix, RELEASES))
    except OnlineError as error:
        return Found(failed=(str(error),))
    rows = [one for one in found if isinstance(one, Proposed)]
    return Found(
        tuple(Addition("drivers.yaml", "drivers", tuple(row_lines(row))) for row in rows),
        tuple(one for one in found if not isinstance(one, Proposed)),
    )
