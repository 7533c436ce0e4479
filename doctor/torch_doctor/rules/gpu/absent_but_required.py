"""Fewer GPUs are usable than the user requires.

What it checks
    --require-gpu and --expect-gpus against the GPUs that the driver lists (or torch offers, where it
    was asked).
Why it matters
    A job that was promised eight GPUs should not start on seven.
How to fix
    Find out where the missing GPUs went: the other findings say what is known.
References
    docs/cli.md
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import plural


@rule("TD205", severity="error", cause="gpu-hardware")
def check(
    required_gpus: int,
    gpus: tuple[Gpu, ...] = (),
    torch_device_count: int | None = None,
    pci_gpus: tuple[PciGpu, ...] = (),
) -> Iterator[Draft]:
    usable = len([gpu for gpu in gpus if not gpu.lost])
    if torch_device_count is not None:
        usable = min(usable, torch_device_count) if gpus else torch_device_count
    if usable < required_gpus:
        are = "is" if usable == 1 else "are"
        there = f"only {usable} {are} usable" if usable else "none is usable"
        cause = None if gpus or pci_gpus else "no-driver-or-module"
        yield finding("gpu", f"{plural(required_gpus, 'GPU')} required, {there}", cause=cause)
