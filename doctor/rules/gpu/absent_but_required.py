"""Fewer GPUs are usable than the user requires.

What it checks
    --require-gpu and --expect-gpus against the GPUs that the driver lists (or torch offers, where it was asked).
Why it matters
    A job that was promised eight GPUs should not start on seven.
How to fix
    Find out where the missing GPUs went: the other findings say what is known.
References
    docs/cli.md
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.rule import Draft, finding, rule
from doctor.core.text import plural


@rule("TD205", severity="error", cause="gpu-hardware")
def check(required_gpus, gpus=(), torch_device_count=None, pci_gpus=()) -> Iterator[Draft]:
    usable = len([gpu for gpu in gpus if not gpu.lost])
    if torch_device_count is not None:
        usable = min(usable, torch_device_count)
    if usable < required_gpus:
        there = "none is usable" if not usable else f"only {usable} {'is' if usable == 1 else 'are'} usable"
        cause = None if gpus or pci_gpus else "no-driver-or-module"
        yield finding("gpu", f"{plural(required_gpus, 'GPU')} required, {there}", cause=cause)
