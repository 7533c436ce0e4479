"""Builds of torch on conda-forge: which stands in for a wheel that the channel does not have."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.records import Package
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.matrix.builds.rows import CondaBuild, TorchBuild
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix


def serves(build: CondaBuild, gpus: Iterable[GpuTraits]) -> bool:
    """Whether a build has machine code for every GPU: its targets are others than those of the wheel."""
    targets = [SmTarget.parse(text) for text in build.archs]
    return all(
        gpu.capability and not gpu.tegra and any(cubin_runs(t, gpu.capability) for t in targets)
        for gpu in gpus
    )


def nearest(wheel: TorchBuild, gpus: Iterable[GpuTraits], matrix: Matrix) -> CondaBuild | None:
    """Return the build of *wheel*'s release or the one before it that is for the same CUDA major and serves *gpus*.

    Of one release the CUDA of the wheel comes first, then the newest. None where none is on record.
    """
    if wheel.cuda is None:
        return None
    cuda, those = CudaVersion.parse(wheel.cuda), tuple(gpus)
    found = [
        build
        for build in matrix.conda_builds
        if build.platform == wheel.platform
        and CudaVersion.parse(build.cuda).major == cuda.major
        and release_key(build.torch) <= release_key(wheel.torch)
        and serves(build, those)
    ]
    return max(
        found,
        key=lambda b: (release_key(b.torch), b.cuda == wheel.cuda, CudaVersion.parse(b.cuda)),
        default=None,
    )


# What a channel that has a torch builds beside it.
_BESIDE = ("torchvision", "torchaudio", "torchtext")


def channels_with(name: str, packages: Iterable[Package], matrix: Matrix) -> tuple[str, ...]:
    """Return the channels that conda's torch among *packages* came from, by its build string, where they have *name*.

    Another channel's is built against a torch of its own.
    """
    builds = [one.build for one in packages if one.name in ("pytorch", "torch") and one.build]
    rows = (row for row in matrix.conda_channels if builds and builds[0].startswith(row.begins))
    return next((row.channels for row in rows if name in _BESIDE), ())
