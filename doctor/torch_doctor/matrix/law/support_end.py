"""Ends of roads: the last torch for a GPU, the newest CUDA for a driver."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.driver import reaches
from torch_doctor.matrix.law.machine import Build, GpuTraits, Machine
from torch_doctor.matrix.law.search import PUBLISHED, candidates
from torch_doctor.matrix.query import driver_of
from torch_doctor.matrix.store import Matrix


def last_torch_for(gpu: GpuTraits, machine: Machine, matrix: Matrix) -> TorchBuild | None:
    """Return the last published build with code for *gpu*, or None while the newest release still has one."""
    here = machine.wheel_platform
    if here is None:
        return None
    rows = candidates(here, matrix)  # the newest come first
    newest = next((row.torch for row in rows if row.status == PUBLISHED and row.archs), None)
    may = next((row.torch for row in rows if may_cover(row, gpu, matrix)), None)
    having = (row for row in rows if row.torch == may and covers(row, gpu, matrix))
    last = next((row for row in having if row.status == PUBLISHED), None)
    return None if last is None or last.torch == newest else last


def newest_cuda_major_for(driver: DriverRelease, matrix: Matrix, platform: str) -> int | None:
    """Return the newest CUDA major whose floor *driver* reaches, or None below all of them."""
    floors = {
        row.major: DriverRelease.parse(row.linux_min if platform == "linux" else row.windows_min)
        for row in matrix.cuda_majors
    }
    known = driver_of(matrix, driver)
    served = (major for major, floor in floors.items() if reaches(known, floor) is not False)
    return max(served, default=None)


def may_cover(row: TorchBuild, gpu: GpuTraits, matrix: Matrix) -> bool:
    """Whether a build has code for *gpu*, or may have some: nobody read its code, its PTX or the GPU's capability."""
    build = build_of_row(row, matrix)
    targets, capability = build.targets, gpu.capability
    if targets is None or capability is None or may_have_machine_code(row, (gpu,), matrix):
        return may_have_machine_code(row, (gpu,), matrix)
    newest = max((target.capability for target in targets), default=capability)
    return covers(row, gpu, matrix) or (not build.ptx_known and capability >= newest)


def may_have_machine_code(row: TorchBuild, gpus: Iterable[GpuTraits], matrix: Matrix) -> bool:
    """Whether a build has machine code for all of *gpus*, or may have some.

    Code that nobody read is for none of the GPUs that its CUDA compiles for no more.
    """
    build = build_of_row(row, matrix)
    if build.targets is not None:
        return build.confidence == "low" or has_machine_code(build, gpus)
    ends = [gpu.architecture.last_cuda for gpu in gpus if gpu.architecture]
    return build.cuda is None or all(build.cuda <= CudaVersion.parse(end) for end in ends if end)


def has_machine_code(build: Build, gpus: Iterable[GpuTraits]) -> bool:
    """Whether a build is known to have machine code for all of *gpus* whose capability is known."""
    return all(
        gpu.capability is None
        or any(cubin_runs(one, gpu.capability, tegra=gpu.tegra) for one in build.targets or ())
        for gpu in gpus
    )


def covers(row: TorchBuild, gpu: GpuTraits, matrix: Matrix) -> bool:
    """Whether a build has code that runs on *gpu*, or PTX that its driver compiles for it."""
    targets = build_of_row(row, matrix).targets or ()
    capability = gpu.capability
    return capability is not None and any(
        cubin_runs(target, capability, tegra=gpu.tegra) or ptx_compiles(target, capability)
        for target in targets
    )
