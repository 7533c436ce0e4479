"""Fewer GPUs are usable than the user requires.

What it checks
    --require-gpu and --expect-gpus against the devices that CUDA offers to one process: GPUs that answer, that
    CUDA_VISIBLE_DEVICES lets through, and of those in MIG mode one instance; and those on which a kernel ran.
Why it matters
    A job that was promised eight GPUs should not start on seven.
How to fix
    Unset or edit the mask, ask the scheduler or the container's engine for the GPUs, or take another machine. Where
    a driver or a GPU is at fault, the finding that says so stands first.
References
    docs/gates.md
    https://docs.nvidia.com/datacenter/tesla/mig-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, plural
from torch_doctor.rules.gpu._asking import ask_for, edit_mask, one_process_each, see_what_hides
from torch_doctor.rules.gpu._usable import Usable, usable


@rule("TD205", severity="error", cause="gpu-hardware", shows="gpus")
def check(
    required_gpus: int,
    gpus: Fact[tuple[Gpu, ...]],
    pci_gpus: Fact[Any],
    kernel_results: Fact[tuple[KernelResult, ...]],
    torch_device_count: int | None = None,
    cuda_device_count: int | None = None,
    cuda_visible_devices: str | None = None,
    scheduler: str | None = None,
    container: str | None = None,
    other_gpus: tuple[str, ...] = (),
) -> Iterator[Draft]:
    offered = cuda_device_count if torch_device_count is None else torch_device_count
    listed: tuple[Gpu, ...] = gpus.or_else(())
    found = usable(listed, cuda_visible_devices, offered, kernel_results.or_else(()))
    if found.devices >= required_gpus:
        return
    if gpus.lost and offered is None:
        raise UndecidedError("gpus")  # a list that was lost is no empty one
    bus, enough = pci_gpus.or_else(None), len(found.visible) >= required_gpus
    given = "Slurm job" if scheduler == "slurm" else f"{container} container" if container else ""
    cures = [ask_for(required_gpus, scheduler, container, bus)]
    cause, why = None, f"the driver lists {len(listed) or 'none'}"
    if found.visible != found.answering and len(found.answering) >= required_gpus:
        cause, why = "cuda-visible-devices", f"{_hidden(found, cuda_visible_devices)} {len(listed)}"
        cures = cures if scheduler == "slurm" else list(edit_mask(required_gpus, found))
    elif found.sliced and found.parts >= required_gpus:
        cause, cures = "mig", [one_process_each()]
        why = f"{plural(len(found.sliced), 'GPU')} in MIG mode, of which CUDA offers one instance"
    elif given and len(bus or ()) >= required_gpus:
        cause, why = "container-without-gpu-runtime", f"this {given} got {len(listed) or 'none'}"
    elif bus == ():
        cause = "non-nvidia-platform" if other_gpus else None
        why = f"no NVIDIA GPU is on the bus{' beside ' + other_gpus[0] if other_gpus else ''}"
    elif not listed and bus is None:
        cause = "no-driver-or-module"
    elif offered is not None and offered < len(found.visible):
        why += f", and CUDA offers {offered or 'none'}"
        cures = [see_what_hides()] if enough and not scheduler else cures
    yield finding("gpu", f"{_short(required_gpus, found.devices)}: {why}", cause=cause, fixes=cures)


def _hidden(found: Usable, mask: str | None) -> str:
    hidden = len(found.answering) - len(found.visible)
    return f"CUDA_VISIBLE_DEVICES={one_line(mask or '', 120)!r} hides {hidden} of"


def _short(required: int, devices: int) -> str:
    there = f"only {devices}" if devices else "none"
    return f"{plural(required, 'GPU')} required, {there} {'are' if devices > 1 else 'is'} usable"
