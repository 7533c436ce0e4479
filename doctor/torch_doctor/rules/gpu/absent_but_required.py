"""Fewer GPUs are usable than the user requires.

What it checks
    --require-gpu and --expect-gpus against the devices that CUDA offers to one process: GPUs that answer, that
    CUDA_VISIBLE_DEVICES lets through, and of those in MIG mode one instance.
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
from typing import Any

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.finding import Action
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line, plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.gpu._asking import ask_for, one_process_each
from torch_doctor.rules.gpu._usable import Usable, usable

_MASK = "CUDA_VISIBLE_DEVICES"


@rule("TD205", severity="error", cause="gpu-hardware")
def check(
    required_gpus: int,
    pci_gpus: Fact[Any],
    gpus: tuple[Gpu, ...] = (),
    torch_device_count: int | None = None,
    cuda_device_count: int | None = None,
    cuda_visible_devices: str | None = None,
    scheduler: str | None = None,
    container: str | None = None,
    other_gpus: tuple[str, ...] = (),
) -> Iterator[Draft]:
    offered = cuda_device_count if torch_device_count is None else torch_device_count
    found = usable(gpus, cuda_visible_devices, offered)
    if found.devices >= required_gpus:
        return
    bus = pci_gpus.value if isinstance(pci_gpus, Known) else None
    given = "Slurm job" if scheduler == "slurm" else f"{container} container" if container else ""
    cures = [ask_for(required_gpus, scheduler, container)]
    cause, why = None, f"the driver lists {len(gpus) or 'none'}"
    if found.visible != found.answering and len(found.answering) >= required_gpus:
        shown = f"{_MASK}={one_line(cuda_visible_devices or '', 120)!r}"
        hidden = len(found.answering) - len(found.visible)
        cause, why = "cuda-visible-devices", f"{shown} hides {hidden} of {len(gpus)}"
        cures = cures if scheduler == "slurm" else list(_edit(required_gpus, found))
    elif found.sliced and found.parts >= required_gpus:
        cause, cures = "mig", [one_process_each()]
        why = f"{plural(len(found.sliced), 'GPU')} in MIG mode, of which CUDA offers one instance"
    elif given and len(bus or ()) >= required_gpus:
        cause, why = "container-without-gpu-runtime", f"this {given} got {len(gpus) or 'none'}"
    elif bus == ():
        cause = "non-nvidia-platform" if other_gpus else None
        why = f"no NVIDIA GPU is on the bus{' beside ' + other_gpus[0] if other_gpus else ''}"
    elif not gpus and bus is None:
        cause = "no-driver-or-module"
    elif offered is not None and offered < len(found.visible):
        why += f", and CUDA offers {offered or 'none'}"
    there = f"only {found.devices}" if found.devices else "none"
    message = f"{plural(required_gpus, 'GPU')} required, {there} {'are' if found.devices > 1 else 'is'} usable"
    yield finding("gpu", f"{message}: {why}", cause=cause, fixes=cures)


def _edit(required: int, found: Usable) -> Iterator[Action]:
    yield fixes.unset_variable(_MASK, "then every GPU is visible")
    if required < len(found.answering):
        names = ",".join(str(gpu.index) for gpu in found.answering[:required])
        yield fixes.set_variable(_MASK, names, f"names {required}")
