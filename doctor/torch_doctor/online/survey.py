"""Every release that an index serves, and how each compares with the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.measured.differences import Difference
from torch_doctor.matrix.measured.torch import Measured, differences, is_recorded
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.online.index import PackageIndex, links
from torch_doctor.online.readers import found_and_failed, read_each
from torch_doctor.online.web import OnlineError, Web
from torch_doctor.online.wheels import PLATFORMS, Wheel, measure, platform_of, wheels_of


class Survey(NamedTuple):
    """What was found: releases read, those that the matrix lacks, differences, and what could not be read."""

    measured: tuple[Measured, ...]
    unknown: tuple[Measured, ...]
    differences: tuple[Difference, ...]
    failed: tuple[tuple[str, str], ...]
    bytes_read: int


def releases(wheels: Iterable[Wheel]) -> dict[tuple[str, str], list[Wheel]]:
    """Group wheels by plain release and platform, oldest first; pre-releases and other platforms are left out."""
    found: dict[tuple[str, str], list[Wheel]] = {}
    for wheel in wheels:
        platform, version = platform_of(wheel.name), wheel.name.version.partition("+")[0]
        if platform and all(part.isdigit() for part in version.split(".")):
            found.setdefault((version, platform), []).append(wheel)
    return dict(sorted(found.items(), key=lambda item: (release_key(item[0][0]), item[0][1])))


def survey(
    web: Web,
    index: PackageIndex,
    matrix: Matrix,
    wanted: Callable[[str], bool],
    platforms: Iterable[str] = PLATFORMS,
    progress: Callable[[str], None] = lambda _: None,
) -> Survey:
    """Read the torch releases that *wanted* takes. A wheel that cannot be read is named and never ends the survey.

    Raise OnlineError where the index itself cannot be read or serves none of them.
    """
    groups = releases(wheels_of(links(web, index, "torch")))
    asked = {
        key: wheels for key, wheels in groups.items() if wanted(key[0]) and key[1] in set(platforms)
    }
    if not asked:
        raise OnlineError("the index serves no such release of torch")

    def read(key: tuple[str, str]) -> Measured:
        progress(f"torch {key[0]} for {key[1]}")
        return measure(web, asked[key])

    measured, failed = found_and_failed(
        read_each(asked, read), lambda key: f"torch {key[0]} for {key[1]}"
    )
    known = [item for item in measured if is_recorded(item, matrix)]
    return Survey(
        measured=measured,
        unknown=tuple(item for item in measured if item not in known),
        differences=tuple(each for item in known for each in differences(item, matrix)),
        failed=failed,
        bytes_read=web.bytes_read,
    )
