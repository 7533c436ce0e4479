"""A driver and a GPU that nobody names: what was seen to start or to fail tells something of them."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.text import listing
from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget
from torch_doctor.fixes.drivers import LIKELY
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.law.build import build_of
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.store import Matrix

# Capabilities for which builds most often lack code, the likeliest first.
_OFTEN_LACKING = ("12.0", "6.1", "7.0", "5.2", "3.5", "7.5", "9.0", "8.6")
_STARTED = ("no kernel image", "out of memory", "device-side assert")


def has_started(facts: Facts) -> bool:
    """Whether CUDA was seen to start with the installed build: its driver is new enough for that."""
    if facts.value("cuda_available") is True:
        return True
    texts = (error.text for error in facts.value("errors_seen", ()))
    return any(sign in text for text in texts for sign in _STARTED)


def lacking(facts: Facts, matrix: Matrix) -> tuple[SmTarget, ...] | None:
    """Return what the installed build has code for, where that is known."""
    build = build_of(facts, matrix)
    return build.targets if build else None


def without_code(
    targets: tuple[SmTarget, ...], reports: CudaVersion | None, matrix: Matrix
) -> GpuTraits | None:
    """Return a GPU for which *targets* hold nothing; None where they serve every one that is about.

    A driver that *reports* a CUDA drives it.
    """
    firsts = {row.capability: CudaVersion.parse(row.first_cuda) for row in matrix.architectures}
    for name in _OFTEN_LACKING:
        capability = ComputeCapability.parse(name)
        if (reports is None or reports >= firsts[name]) and not _serve(targets, capability):
            return LIKELY._replace(capability=capability)
    return None


def served(row: TorchBuild, targets: tuple[SmTarget, ...] | None) -> str:
    """Say for which GPUs a build serves; of those, the ones for which *targets* hold nothing."""
    known = sorted({SmTarget.parse(arch).capability for arch in row.archs or ()})
    new = [one for one in known if targets is not None and not _serve(targets, one)]
    if not new:
        return f"for GPUs of compute capability {known[0]} to {known[-1]}"
    majors = dict.fromkeys(f"{one.major}.x" for one in new)
    return f"for GPUs of compute capability {listing(list(majors), 'or')}"


def _serve(targets: tuple[SmTarget, ...], capability: ComputeCapability) -> bool:
    return any(cubin_runs(one, capability) or ptx_compiles(one, capability) for one in targets)
