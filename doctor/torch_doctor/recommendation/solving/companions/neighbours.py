"""What was not read of a release is taken from the releases before and after it, and only where these agree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from torch_doctor.core.startup import TYPE_CHECKING, regex
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.builds.beside import Clash, traits_of
from torch_doctor.matrix.builds.query import builds_of, lacks_code
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once

if TYPE_CHECKING:
    _Order = tuple[tuple[int, ...], bool, int]

# Wheels of today begin here or above it: an older GPU is served only by those that are known to have code for it.
_COMMON = ComputeCapability(7, 5)
_VERSION = regex(r"(\d+(?:\.\d+)*)(\.?(?:a|b|rc|dev)\d*)?(?:\.post(\d+))?")


def unread_code(build: CompanionBuild, machine: Machine, matrix: Matrix) -> Clash | None:
    """Return what is not known of the GPU code of a build, None where it was read or nothing speaks against it.

    A release lies between two whose code was read: a GPU that both serve is served by it, too, as far as anybody
    knows. Where one of them leaves the GPU out, nothing says on which side this one is.
    """
    traits = traits_of(build.package, matrix)
    if build.archs is not None or build.abi == "source":
        return None
    if traits is None or traits.without_code != "fails":
        return None
    for gpu in machine.gpus or ():
        read = list(_nearest(build, matrix))
        without = [near for near in read if lacks_code(near, gpu)]
        if not read and (gpu.capability is not None and gpu.capability < _COMMON):
            name = f"{build.package} {build.version}"
            message = (
                f"which GPUs {name} has code for is not on record: {gpu.name} is {gpu.capability}"
            )
            return Clash("companion-unknown", message, (receipt("companion_builds", build),))
        if without:
            name = f"{build.package} {build.version}"
            message = (
                f"whether {name} has code for {gpu.name} ({gpu.capability}) is not on record, "
                f"{without[0].version} has none"
            )
            because = tuple(receipt("companion_builds", row) for row in (build, *without))
            return Clash("companion-unknown", message, because)
    return None


def _nearest(build: CompanionBuild, matrix: Matrix) -> Iterator[CompanionBuild]:
    """The builds for the same platform whose code was read, nearest before and after."""
    known, key = _read(matrix), (build.package, build.platform)
    if key not in known:
        rows = builds_of(matrix, build.package)
        read = [row for row in rows if row.archs and row.platform == build.platform]
        read.sort(key=lambda row: release_order(row.version))
        known[key] = [release_order(row.version) for row in read], read
    orders, read = known[key]
    own = release_order(build.version)
    before, after = bisect_left(orders, own), bisect_right(orders, own)
    yield from (*read[:before][-1:], *read[after:][:1])


@worked_out_once
def _read(  # what was asked for so far is added to it
    matrix: Matrix,  # noqa: ARG001
) -> dict[tuple[str, str], tuple[list[_Order], list[CompanionBuild]]]:
    """Return the builds whose code was read, with their order, by package and platform."""
    return {}


@lru_cache(2048)
def release_order(version: str) -> _Order:
    """The order of releases with what comes before and after them; importing packaging costs more than all the rest."""
    found = _VERSION.match(version)
    if found is None:
        return (), False, 0
    numbers = tuple(int(part) for part in found[1].split("."))
    while numbers and numbers[-1] == 0:
        numbers = numbers[:-1]
    return numbers, found[2] is None, int(found[3] or 0)
