"""The driver to reckon with where nobody names its release, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.fact import Facts
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes.builds.unnamed import has_started
from torch_doctor.matrix.law.driver import reaches
from torch_doctor.matrix.law.machine import GpuTraits, Machine, last_driver
from torch_doctor.matrix.query import Driver, Floor, driver_floor, driver_of
from torch_doctor.matrix.store import Matrix

# The oldest driver to reckon with where nothing is known of it: that of CUDA 12's first release.
_LIKELY = CudaVersion(12, 0)


def is_unknown(machine: Machine) -> bool:
    """Whether neither the driver's release nor its CUDA is known."""
    return machine.driver is None and machine.driver_reports is None


def reckoned(
    machine: Machine, gpus: Iterable[GpuTraits], facts: Facts, matrix: Matrix
) -> Driver | None:
    """Return the driver to reckon with; None where what it reports is enough, and on a Jetson.

    A driver that reports the first CUDA of a major is likely one from which on all builds of that major run.
    """
    if machine.driver is not None:
        return _of_branch(machine.driver, machine.platform, matrix)
    if machine.driver_reports is not None:
        floor = driver_floor(matrix, machine.driver_reports, machine.platform or "linux")
        first = floor is not None and floor.reports == machine.driver_reports
        return driver_of(matrix, floor.driver) if floor and first else None
    return None if machine.platform == "jetson" else _likely(machine, gpus, facts, matrix)


def _of_branch(driver: Driver, platform: str | None, matrix: Matrix) -> Driver:
    """Of a driver whose branch alone is told, the newest release on record."""
    row = driver.row if len(driver.release.parts) == 1 else None
    last = (row.last_linux if platform in (None, "linux") else row.last_windows) if row else None
    newest = DriverRelease.parse(last) if last else driver.release
    return driver if newest.branch != driver.branch else driver_of(matrix, newest)


def _likely(machine: Machine, gpus: Iterable[GpuTraits], facts: Facts, matrix: Matrix) -> Driver:
    """The oldest driver to reckon with: it drives these GPUs, and it served what was seen to start."""
    platform = machine.platform or "linux"
    cuda: CudaVersion | None = facts.value("torch_cuda")
    floors = [driver_floor(matrix, _LIKELY, platform)]
    if cuda is not None and has_started(facts):
        floors.append(driver_floor(matrix, cuda, platform))
    least = [floor.driver for floor in floors if floor]
    least += [gpu.first_driver.release for gpu in gpus if gpu.first_driver]
    last = last_driver(gpus)
    likely = max(least)
    if last is not None and likely.branch > last.branch:
        return last
    return driver_of(matrix, likely)


def newest(gpus: Iterable[GpuTraits], matrix: Matrix) -> Driver:
    """Return the newest branch that drives all of *gpus*."""
    branch = max(row.branch for row in matrix.drivers)
    return last_driver(gpus) or driver_of(matrix, DriverRelease.parse(str(branch)))


def condition(seen: Machine, cuda: CudaVersion, matrix: Matrix) -> str:
    """Say from which driver on a build of *cuda* serves, where what is known does not tell that it does."""
    floor = driver_floor(matrix, cuda, seen.platform or "linux")
    if floor is None or not (is_unknown(seen) or _may_be_below(floor, seen, cuda)):
        return ""
    firsts = [gpu.first_driver.release for gpu in seen.gpus or () if gpu.first_driver]
    return f"for drivers from {max([floor.driver, *firsts])} on"


def _may_be_below(floor: Floor, seen: Machine, cuda: CudaVersion) -> bool:
    if seen.driver is not None:
        return reaches(seen.driver, floor.driver) is None
    reports = seen.driver_reports
    return reports is not None and reports == floor.reports and reports < cuda
