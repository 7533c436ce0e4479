"""What is easily overlooked about a plan, with its rows: ends of Pythons and CUDAs, gaps of cuDNN, gates of images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.builds import notices
from torch_doctor.matrix.builds.notices import Notice
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.plans.plan import PlannedPackage
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted


def noticed(item: Accepted, problem: Problem, python: Sequence[str]) -> tuple[Notice, ...]:
    """Return what to know of one build on these machines; *python* are the tags that the plan has wheels for."""
    found: list[Notice | None] = []
    machines, matrix = problem.machines, problem.matrix
    known = [machine.python_tag for machine in machines if machine.python_tag]
    found += [notices.python_end(tag, matrix) for tag in known]
    if not known:
        found.append(notices.python_of_build(python, matrix))
    for machine, row in zip(machines, item.candidate.rows, strict=True):
        found += of_gpus(machine, row, item.min_driver, matrix)
        found.append(notices.cuda_end(machine, matrix))
    return tuple(dict.fromkeys(filter(None, found)))


def of_gpus(
    machine: Machine, row: TorchBuild, floor: DriverRelease | None, matrix: Matrix
) -> Iterator[Notice | None]:
    """Yield what to know of each GPU: drivers that do not list it, a cuDNN without code for it."""
    driver = machine.driver.release if machine.driver else floor
    for gpu in machine.gpus or ():
        if machine.platform == "linux" and driver is not None:
            yield notices.first_listing(gpu, driver)
        gap = notices.cudnn_gap(notices.cudnn_of(row), _cuda(row), gpu, matrix)
        yield gap and _with_cure(gap, gpu, machine, matrix)


def left_out(packages: Iterable[PlannedPackage], problem: Problem) -> Iterator[Notice]:
    """Yield which releases of a Python that is known by two numbers a package of the plan is not made for."""
    unsure = [m for m in problem.machines if not m.python]
    pairs = ((m.python_tag, m.wheel_platform) for m in unsure if m.python_tag)
    for tag, platform in dict.fromkeys(pairs):
        minor = f"3.{tag.removeprefix('cp3').removesuffix('t')}"
        for package in packages:
            for row in builds_of(problem.matrix, package.name, package.version or ""):
                out = re.findall(rf"!= ?({re.escape(minor)}\.\d+)", row.requires_python or "")
                if out and row.platform in ("any", platform):
                    text = (
                        f"Python {minor} is taken for its newest release: "
                        f"{row.package} {row.version} leaves out {listing(out)}"
                    )
                    yield Notice(text, (receipt("companion_builds", row),))


def of_image(toolkit: str | None, item: Accepted, problem: Problem) -> tuple[Notice, ...]:
    """Return what an image with a compiler, which is made from NVIDIA's of *toolkit*, asks of the drivers."""
    found = []
    for machine in problem.machines:
        driver = machine.driver.release if machine.driver else item.min_driver
        if toolkit and driver and machine.platform != "jetson":
            found.append(notices.image_gate(toolkit, driver, machine.gpus or (), problem.matrix))
    return tuple(dict.fromkeys(filter(None, found)))


def _cuda(row: TorchBuild) -> CudaVersion | None:
    return CudaVersion.parse(row.cuda) if row.cuda else None


def _with_cure(gap: Notice, gpu: GpuTraits, machine: Machine, matrix: Matrix) -> Notice:
    last = notices.last_with_cudnn(gpu, machine, matrix)
    if last is None:
        return gap
    row, cudnn = last
    text = (
        f"{gap.text}; torch {row.torch}+{row.variant} is the last with one that has (cuDNN {cudnn})"
    )
    return Notice(text, (*gap.because, receipt("torch_builds", row)))
