"""Ends of roads: the last torch for a GPU, the newest CUDA for a driver."""

from __future__ import annotations

from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import PUBLISHED, candidates
from torch_doctor.matrix.store import Matrix


def last_torch_for(gpu: GpuTraits, machine: Machine, matrix: Matrix) -> TorchBuild | None:
    """Return the last published build with code for *gpu*, or None while the newest release still has one."""
    here = machine.wheel_platform
    if here is None:
        return None
    rows = [row for row in candidates(here, matrix) if row.status == PUBLISHED and row.archs]
    last = next((row for row in rows if covers(row, gpu, matrix)), None)  # the newest come first
    return None if last is None or last.torch == rows[0].torch else last


def newest_cuda_major_for(driver: DriverRelease, matrix: Matrix, platform: str) -> int | None:
    """Return the newest CUDA major whose floor *driver* reaches, or None below all of them."""
    floors = {
        row.major: DriverRelease.parse(row.linux_min if platform == "linux" else row.windows_min)
        for row in matrix.cuda_majors
    }
    return max((major for major, floor in floors.items() if driver >= floor), default=None)


def covers(row: TorchBuild, gpu: GpuTraits, matrix: Matrix) -> bool:
    """Whether a build has code that runs on *gpu*, or PTX that its driver compiles for it."""
    targets = build_of_row(row, matrix).targets or ()
    capability = gpu.capability
    return capability is not None and any(
        cubin_runs(target, capability, tegra=gpu.tegra) or ptx_compiles(target, capability)
        for target in targets
    )
