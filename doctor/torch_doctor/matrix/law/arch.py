"""The part of the law about machine code: which cubin or PTX of a build runs on which GPU."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.judgement import Doubt, Kind, Objection
from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.matrix.law.machine import Build, GpuTraits, Machine

# CUDA 13 calls the chip 11.0 that CUDA 12.8 and 12.9 call 10.1.
_SAME_CHIP = {
    ComputeCapability(10, 1): ComputeCapability(11, 0),
    ComputeCapability(11, 0): ComputeCapability(11, 0),
}

_OF_TARGETS = (Kind.GPU_NEWER_THAN_BUILD, Kind.GPU_OLDER_THAN_BUILD)
OWN_BUILDS = ("jetson", "ngc", "source")
_SERVER_STACK = ComputeCapability(11, 0)


def cubin_runs(target: SmTarget, capability: ComputeCapability, *, tegra: bool = False) -> bool:
    """Whether machine code for *target* runs on a GPU of *capability*.

    Same major and a minor not above the GPU's; a Jetson, and a target with suffix ``a``, only on itself.
    """
    if target.ptx:
        return False
    have = _SAME_CHIP.get(target.capability, target.capability)
    want = _SAME_CHIP.get(capability, capability)
    if tegra or target.suffix == "a":
        return have == want
    return have.major == want.major and have.minor <= want.minor


def ptx_compiles(target: SmTarget, capability: ComputeCapability) -> bool:
    """Whether the driver can compile PTX for *target* on a GPU of *capability* (its version apart)."""
    if not target.ptx or target.suffix == "a":
        return target.ptx and target.capability == capability
    if target.suffix == "f":
        same_family = target.capability.major == capability.major
        return same_family and target.capability <= capability
    return target.capability <= capability


def judge_targets(machine: Machine, build: Build, gpu: GpuTraits) -> Iterator[Objection | Doubt]:
    """Say whether *build* has code for *gpu*; a Doubt is something that must be known first."""
    if gpu.capability is None:
        yield Doubt(f"the compute capability of {gpu.name}", "gpus")
        return
    if build.readings and build.targets is None:
        yield from _by_every_reading(machine, build, gpu)
        return
    if build.targets is None and not _on_own_stack(gpu, build):
        yield Doubt(f"which GPUs {build.label} was compiled for", "arch_list")
        return
    targets = build.targets or ()
    if any(cubin_runs(target, gpu.capability, tegra=gpu.tegra) for target in targets):
        return
    if _on_own_stack(gpu, build):
        message = f"{gpu.name} is a Jetson: it needs NVIDIA's own build, not {build.label}"
        yield Objection(Kind.JETSON_NEEDS_OWN_BUILD, message, _receipts(build, gpu), gpu.index)
        return
    if any(ptx_compiles(target, gpu.capability) for target in targets):
        yield from _judge_ptx(machine, build, gpu)
        return
    yield from _no_code(build, gpu)


def _by_every_reading(
    machine: Machine, build: Build, gpu: GpuTraits
) -> Iterator[Objection | Doubt]:
    """Say what holds for each list of targets that sources tell of *build*; where they differ, nothing is known."""
    read = (build._replace(targets=targets, readings=()) for targets in build.readings)
    answers = [tuple(judge_targets(machine, one, gpu)) for one in read]
    kinds = {tuple(getattr(reason, "kind", None) for reason in reasons) for reasons in answers}
    if len(kinds) > 1:
        yield Doubt(f"which GPUs {build.label} was compiled for", "arch_list")
        return
    lists = ", or ".join(" ".join(map(str, sorted(one))) for one in build.readings)
    message = f"{_no_code_for(build, gpu)}: built for {lists}"
    for reason in answers[0]:
        if isinstance(reason, Objection) and reason.kind in _OF_TARGETS:
            yield reason._replace(message=message)
        else:
            yield reason


def has_code_anyway(build: Build, gpu: GpuTraits) -> bool:
    """Whether *build* has machine code for every GPU that the name of *gpu* may mean, whose capability is unknown."""
    if gpu.capability is not None:
        return False
    named = [ComputeCapability.parse(text) for row in gpu.rows for text in row.capabilities]
    targets = build.targets or ()
    return bool(named) and all(any(cubin_runs(t, one) for t in targets) for one in named)


def _on_own_stack(gpu: GpuTraits, build: Build) -> bool:
    """Before Thor a Jetson had CUDA libraries of its own: a server wheel fails there whatever it was compiled for."""
    own = gpu.tegra and gpu.capability is not None and gpu.capability < _SERVER_STACK
    return own and build.origin not in OWN_BUILDS


def _judge_ptx(machine: Machine, build: Build, gpu: GpuTraits) -> Iterator[Objection | Doubt]:
    """PTX is compiled by the driver, which must be as new as the toolkit that wrote it (else error 222)."""
    reports = machine.driver_cuda
    if build.cuda is None or reports is None:
        yield Doubt("whether the driver can compile the build's PTX", "driver_release")
    elif reports < build.cuda:
        message = (
            f"{gpu.name} would have to run PTX of CUDA {build.cuda}, but the driver compiles PTX "
            f"only up to CUDA {reports}"
        )
        yield Objection(Kind.PTX_NEWER_THAN_DRIVER, message, _receipts(build, gpu), gpu.index)


def _no_code(build: Build, gpu: GpuTraits) -> Iterator[Objection | Doubt]:
    assert gpu.capability is not None and build.targets is not None
    newest = max((target.capability for target in build.targets), default=None)
    newer = newest is None or gpu.capability > newest
    if newer and not build.ptx_known:
        yield Doubt(f"whether {build.label} carries PTX that {gpu.name} could compile", "arch_list")
        return
    listed = " ".join(str(target) for target in sorted(build.targets)) or "no GPU at all"
    message = f"{_no_code_for(build, gpu)}: built for {listed}"
    yield Objection(
        Kind.GPU_NEWER_THAN_BUILD if newer else Kind.GPU_OLDER_THAN_BUILD,
        message,
        _receipts(build, gpu),
        gpu.index,
        build.confidence,
    )


def _no_code_for(build: Build, gpu: GpuTraits) -> str:
    sm = gpu.capability.sm if gpu.capability else "unknown"
    return f"{build.label} has no code for {gpu.name} ({sm})"


def _receipts(build: Build, gpu: GpuTraits) -> tuple[Receipt, ...]:
    return (*build.because, *gpu.because)
