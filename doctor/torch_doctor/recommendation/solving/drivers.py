"""The oldest driver on which a build serves a machine: found by asking the law, release by release."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind, Status
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.query import Driver, driver_of
from torch_doctor.matrix.store import Matrix, worked_out_once

_DRIVER_KINDS = frozenset(
    {
        Kind.DRIVER_BELOW_FLOOR,
        Kind.DRIVER_OLDER_THAN_GPU,
        Kind.PTX_NEWER_THAN_DRIVER,
        Kind.COMPAT_INELIGIBLE,
        Kind.COMPAT_OLDER_THAN_DRIVER,
    }
)


class Least(NamedTuple):
    """The law's answer on the oldest driver that serves; *driver* is None where none does, or none is asked for."""

    judgement: Judgement
    driver: DriverRelease | None


def judged_with_least_driver(machine: Machine, build: Build, matrix: Matrix) -> Least:
    """Judge *build* on *machine*, and say from which driver on it would run there.

    Where the machine's driver is not known, the answer is the one for the oldest driver that serves.
    """
    driver_known = machine.driver is not None or machine.driver_reports is not None
    if machine.platform == "jetson":
        return Least(judge(machine, build), None)
    if driver_known:
        judgement = judge(machine, build)
        if judgement.status is not Status.SUPPORTED:
            return Least(judgement, None)
        least = least_driver(machine, build, matrix).driver
        # a driver of the build's own branch serves it from before the release that minor versions need
        plain = machine.driver is not None and machine.libcuda_kind == "driver"
        own = machine.driver.release if machine.driver and plain else None
        return Least(judgement, min(own, least) if own and least else least)
    return least_driver(machine, build, matrix)


def least_driver(machine: Machine, build: Build, matrix: Matrix) -> Least:
    """Return the oldest driver on which *build* serves *machine*, whatever its own driver is."""
    bare = _without_driver(machine)
    last = None
    for driver in _drivers(bare, build, matrix):
        last = judge(bare._replace(driver=driver), build)
        if last.status is Status.SUPPORTED:
            return Least(last, driver.release)
        newer_may_help = all(objection.kind in _DRIVER_KINDS for objection in last.objections)
        if not last.objections or not newer_may_help:
            break  # What is unknown now stays unknown on every driver.
    return Least(last or judge(bare, build), None)


def _without_driver(machine: Machine) -> Machine:
    gpus = machine.gpus and tuple(gpu._replace(listed=False) for gpu in machine.gpus)
    return machine._replace(
        driver=None,
        driver_reports=None,
        libcuda_kind="driver",
        libcuda_release=None,
        module_flavour=None,
        gpus=gpus,
    )


def _drivers(machine: Machine, build: Build, matrix: Matrix) -> Iterator[Driver]:
    """The drivers at which the law can change its mind, oldest first: floors and first releases of branches."""
    floor = build.floors.on(machine.platform)
    bounds = [floor.driver] if floor else []
    bounds += [gpu.first_driver.release for gpu in machine.gpus or () if gpu.first_driver]
    least = max(bounds, default=None)
    if least is None:
        return
    yield driver_of(matrix, least)
    for driver in _branch_firsts(matrix):
        if driver.release > least:
            yield driver


@worked_out_once
def _branch_firsts(matrix: Matrix) -> list[Driver]:
    releases = [DriverRelease.parse(row.first or str(row.branch)) for row in matrix.drivers]
    return [driver_of(matrix, release) for release in sorted(releases)]
