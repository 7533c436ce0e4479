"""What a user should know about a plan besides the command: ends of roads, limits, what pip would do instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.text import listing
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.builds.features import lacks
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.support_end import last_torch_for
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.solving.rank import served_in_full
from torch_doctor.recommendation.solving.requirements import has_feature
from torch_doctor.recommendation.solving.solve import Accepted


def notes_for(
    item: Accepted,
    machines: Sequence[Machine],
    matrix: Matrix,
    runnable: frozenset[tuple[str, str]],
    *,
    wished: bool = False,
) -> tuple[str, ...]:
    """Return the notes of one plan; *runnable* are the (torch, variant) pairs that do on every machine.

    *wished* says that more than the machine decided which ones do.
    """
    lines: list[str] = []
    for machine, row in zip(machines, item.candidate.rows, strict=True):
        lines += _index(item, machine, matrix, runnable, wished=wished)
        lines += _ends(item, machine, matrix)
        lines += _code(item, machine)
        lines += _modules(machine)
        lines += _limits(item, machine, matrix)
        lines += _by_report(machine)
        if row.origin.confidence != "high":
            note = f": {row.origin.note}" if row.origin.note else ""
            lines.append(
                f"what is on record of this build is of {row.origin.confidence} confidence{note}"
            )
    return tuple(dict.fromkeys(lines))


def _index(
    item: Accepted,
    machine: Machine,
    matrix: Matrix,
    runnable: frozenset[tuple[str, str]],
    *,
    wished: bool,
) -> Iterator[str]:
    """What a plain `pip install torch` brings on this platform, where that is not this build."""
    here = machine.wheel_platform
    newest = max(matrix.torch_releases, key=lambda row: release_key(row.version), default=None)
    if newest is None or all(row.on_pypi for row in item.candidate.rows):
        return
    plain = dict(newest.pypi).get(here or "")
    if plain == "cpu":
        yield "the index URL matters: without it pip installs a CPU build on this platform"
    elif plain and (newest.version, plain) not in runnable:
        does = "has not all that was asked for" if wished else "would not run"
        yield f"the index URL matters: a plain pip install brings {newest.version}+{plain}, which {does}"


def _ends(item: Accepted, machine: Machine, matrix: Matrix) -> Iterator[str]:
    capabilities = set()
    for gpu in machine.gpus or ():
        if gpu.capability is None or gpu.capability in capabilities:
            continue
        capabilities.add(gpu.capability)
        last = last_torch_for(gpu, machine, matrix)
        if last is not None:
            this = (
                "this"
                if (last.torch, last.variant) == item.candidate[:2]
                else f"torch {last.torch}+{last.variant}"
            )
            yield f"{this} is the last release with code for {_short(gpu)} ({gpu.capability})"
        if gpu.last_branch is not None:
            yield f"R{gpu.last_branch} is the last driver branch for {_short(gpu)}: do not update the driver past it"


def _code(item: Accepted, machine: Machine) -> Iterator[str]:
    """Which target serves a GPU that the build does not list by its own number."""
    for build in dict.fromkeys(item.candidate.builds):
        targets = build.targets or ()
        for capability, gpu in _distinct(machine).items():
            serving = [t for t in targets if cubin_runs(t, capability, tegra=gpu.tegra)]
            if not serving:
                yield f"{_short(gpu)} runs it by compiling its PTX at the first start"
            elif all(target.capability != capability for target in serving):
                yield f"its {max(serving)} code is what {_short(gpu)} ({capability}) runs"


def _short(gpu: GpuTraits) -> str:
    return gpu.name.removeprefix("NVIDIA ")


def _distinct(machine: Machine) -> dict[ComputeCapability, GpuTraits]:
    return {gpu.capability: gpu for gpu in reversed(machine.gpus or ()) if gpu.capability}


def _modules(machine: Machine) -> Iterator[str]:
    """Which kernel modules the GPUs need, where that is not what the machine is known to have."""
    apart = undriven(machine)
    need = _with_modules(machine, "required")
    if apart:
        yield f"{apart}; in two machines this build serves both"
    elif need:
        yield f"{listing(need)} needs NVIDIA's open kernel modules"


def undriven(machine: Machine) -> str | None:
    """Say that no driver drives all GPUs of one machine: some need the open kernel modules, some cannot use them."""
    need, cannot = (_with_modules(machine, word) for word in ("required", "impossible"))
    if not need or not cannot:
        return None
    return (
        f"in one machine no driver drives both: {listing(need)} needs NVIDIA's open kernel modules, "
        f"{listing(cannot)} cannot use them"
    )


def _with_modules(machine: Machine, word: str) -> list[str]:
    if machine.platform != "linux" or machine.module_flavour == "open":
        return []
    named = (_short(gpu) for gpu in machine.gpus or () if gpu.open_modules == word)
    return list(dict.fromkeys(named))


def _by_report(machine: Machine) -> Iterator[str]:
    for gpu in machine.gpus or ():
        if any(row.confidence == "low" for row in gpu.because):
            yield f"what is on record of {_short(gpu)} is of low confidence"


def _limits(item: Accepted, machine: Machine, matrix: Matrix) -> Iterator[str]:
    driver = machine.driver
    compile_ = next((row for row in matrix.features if row.feature == "compile"), None)
    needed = compile_.min_capability if compile_ else None
    gpus = _distinct(machine).values()
    too_old = [gpu for gpu in gpus if compile_ and has_feature(gpu, compile_) is False]
    if machine.platform != "jetson" and driver and not served_in_full(item.candidate, machine):
        ptx = any(row.ptx for row in item.candidate.rows)
        yield (
            f"driver {driver} reports CUDA {machine.driver_cuda}, the build is for {item.candidate.cuda}: that works "
            "by minor-version compatibility"
            + (", but the driver cannot compile the build's PTX" if ptx else "")
        )
        # Minor-version compatibility holds for what the build brings, not for what triton compiles on the machine.
        if not too_old:
            for lack in lacks("compile", item.candidate.torch, machine, matrix):
                yield f"torch.compile: {lack.message}"
    for gpu in too_old:
        yield f"torch.compile does not work on {_short(gpu)}: it needs {needed}"
