"""Shared memory is nearly full.

What it checks
    Free space in /dev/shm, where it is neither Docker's small default nor simply small.
Why it matters
    NCCL and DataLoader workers need room there; without it they fail with "No space left on device" or
    are killed by a bus error.
How to fix
    Remove what dead programs left there.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

# One batch of images, or the buffers of one NCCL pair, take a few MiB to some tens.
SCARCE_MIB = 32


@rule("TD702", severity="warning", cause="nccl-shm-too-small", about=("gpus",))
def check(shm_mib: int, shm_free_mib: int, gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    if not gpus or shm_free_mib >= SCARCE_MIB or shm_mib < 2 * SCARCE_MIB:
        return
    see = fixes.by_hand("see what fills it, and remove what dead programs left", "ls -lhS /dev/shm")
    message = f"shared memory (/dev/shm) has {shm_free_mib} MiB free of {shm_mib} MiB"
    yield finding("host", message, fixes=[see])
