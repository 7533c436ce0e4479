"""The shared memory of this container is too small for several GPUs.

What it checks
    The size of /dev/shm in a container that has more than one GPU.
Why it matters
    Docker gives 64 MiB. NCCL puts a buffer for each pair of GPUs there, DataLoader workers every
    batch: both fail with "No space left on device" or a bus error.
How to fix
    Start the container with --shm-size or --ipc=host; in Kubernetes mount a memory volume there.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.masks import read_mask

DOCKER_DEFAULT_MIB = 64


@rule("TD610", severity="warning", cause="nccl-shm-too-small", about=("gpus",))
def check(
    container: str, shm_mib: int, gpus: tuple[Gpu, ...], cuda_visible_devices: str | None = None
) -> Iterator[Draft]:
    usable = len(gpus)
    if cuda_visible_devices is not None:
        usable = len(read_mask(cuda_visible_devices, gpus).visible)
    if shm_mib > DOCKER_DEFAULT_MIB or usable < 2:
        return
    cure = fixes.restart_container("with room in /dev/shm (or --ipc=host)", shared_memory="16g")
    message = f"{shm_mib} MiB of shared memory (/dev/shm) with {usable} GPUs: too little for NCCL"
    yield finding("container", message, fixes=[cure])
