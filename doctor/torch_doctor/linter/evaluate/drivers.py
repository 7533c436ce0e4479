"""The least driver that what files ask for needs: of builds of torch, and of images, by the floors of their CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.linter.evaluate.chosen import Chosen
from torch_doctor.linter.evaluate.systems import base_of
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import ImageUse
from torch_doctor.linter.text import Spot
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.store import Matrix


class LeastDriver(NamedTuple):
    """What one environment or workload needs. *release* is None where it needs no driver of NVIDIA; *what* needs it."""

    file: str
    name: str
    spot: Spot
    release: DriverRelease | None
    what: str


def least_drivers(project: LintProject) -> dict[tuple[str, str], LeastDriver]:
    """Return the least driver by file and name, the highest where several are needed; what is unknown has none."""
    found: dict[tuple[str, str], LeastDriver] = {}
    for one in _each(project):
        key = (one.file, one.name)
        before = found.get(key)
        if before is None or _rank(one) > _rank(before):
            found[key] = one
    return found


def _rank(one: LeastDriver) -> tuple[bool, DriverRelease]:
    return one.release is not None, one.release or DriverRelease.parse("0")


def _each(project: LintProject) -> Iterator[LeastDriver]:
    matrix = project.matrix
    for setup in project.setups:
        environment = setup.environment
        name = environment.name
        for chosen in (*setup.chosen, *setup.implied):
            yield from _of_build(chosen, environment.spot.file, name, matrix)
        if environment.image is not None and environment.final:
            yield from _of_image(environment.image, environment.spot.file, name, matrix)
    for workload in project.workloads:
        if workload.image is not None:
            yield from _of_image(workload.image, workload.spot.file, workload.name, matrix)


def _of_build(chosen: Chosen, file: str, name: str, matrix: Matrix) -> Iterator[LeastDriver]:
    spot = chosen.requirement.spot
    what = f"torch {chosen.version}".strip()
    if chosen.variant == "cpu":
        yield LeastDriver(file, name, spot, None, f"{what}+cpu")
        return
    cuda = chosen.row.cuda if chosen.row else None
    if cuda is None and not chosen.variant.startswith("cu"):
        return
    version = CudaVersion.parse(cuda) if cuda else CudaVersion.from_tag(chosen.variant)
    floor = driver_floor(matrix, version)
    if floor is not None:
        yield LeastDriver(file, name, spot, floor.driver, f"{what} for CUDA {version}")


def _of_image(use: ImageUse, file: str, name: str, matrix: Matrix) -> Iterator[LeastDriver]:
    base = base_of(use, matrix)
    if base is None or not base.cuda:
        return
    floor = driver_floor(matrix, CudaVersion.parse(base.cuda))
    release = floor.driver if floor is not None else None
    if base.image is not None and base.image.min_driver:
        own = DriverRelease.parse(base.image.min_driver)
        release = own if release is None else max(own, release)
    if release is not None:
        yield LeastDriver(file, name, use.spot, release, use.reference)
