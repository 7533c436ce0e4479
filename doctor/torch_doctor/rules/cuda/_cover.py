"""Does a list of compiled targets have code for a GPU? Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix


def in_every_build(gpu: GpuTraits, matrix: Matrix) -> bool:
    """Whether each CUDA build for PCs and servers of torch's newest major has machine code for *gpu*.

    Builds of an older one are rare beside a GPU whose report names none.
    """
    named = [ComputeCapability.parse(text) for row in gpu.rows for text in row.capabilities]
    own = [gpu.capability] if gpu.capability else named
    newest = max((release_key(row.torch)[0] for row in matrix.torch_builds), default=0)
    lists = {
        row.archs
        for row in matrix.torch_builds
        if row.cuda
        and row.archs
        and row.platform.endswith("x86_64")
        and release_key(row.torch)[0] == newest
    }
    return bool(own and lists) and all(
        covers(map(SmTarget.parse, archs), one, jit=False) for archs in lists for one in own
    )


def lacking(targets: tuple[SmTarget, ...], gpus: Iterable[GpuTraits]) -> list[GpuTraits]:
    """Return the GPUs for which *targets*, where there are any, hold no code."""
    return [
        gpu for gpu in gpus if targets and gpu.capability and not covers(targets, gpu.capability)
    ]


def covers(targets: Iterable[SmTarget], own: ComputeCapability, *, jit: bool = True) -> bool:
    """Whether machine code (same major, no higher minor) or, with *jit*, PTX that is no newer is among them."""
    for target in targets:
        have = target.capability
        if target.ptx:
            if jit and have <= own:
                return True
        elif have.major == own.major and have.minor <= own.minor:
            return True
    return False
