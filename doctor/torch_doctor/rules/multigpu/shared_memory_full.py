"""NCCL, or a worker that loads data, found no room in shared memory.

What it checks
    NCCL's words that it could not create or grow a segment in /dev/shm, and the bus error of a DataLoader worker.
Why it matters
    GPUs of one host, and the workers of a DataLoader, exchange data through it: the job does not start, or it ends.
How to fix
    Give the container more with --shm-size or --ipc=host; clear what dead programs left there.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_WORDS = (
    r"error while creating shared memory segment"
    r"|posix_fallocate failed ?: ?no space left"
    r"|shm_open.{0,80}no space left|no space left on device.{0,80}/dev/shm"
    r"|failed to extend /dev/shm/nccl"
    # NCCL maps its segments before it fills them: what does not fit ends in this signal
    r"|\b(?:py)?nccl\w*\b[^\n]{0,80}\b(?:bus error|sigbus)|\b(?:bus error|sigbus)\b[^\n]{0,80}\b(?:py)?nccl"
)
_LOADER = (
    r"insufficient shared memory \(shm\)|dataloader['’]?s workers are out of shared\b"
    r"|data ?loader workers?\b.{0,40}\bbus error"
    r"|no space left on device.{0,80}(?:multiprocessing|dataloader|worker)"
    r"|(?:multiprocessing|dataloader|worker).{0,80}no space left on device"
)


@rule(
    "TD700",
    severity="error",
    cause="nccl-shm-too-small",
    breaks="cuda",
    explains=("TD610", "TD702", "TD711"),
)
def check(
    errors: Errors,
    shm_mib: int | None = None,
    shm_free_mib: int | None = None,
    container: str | None = None,
) -> Iterator[Draft]:
    nccl = errors.of("nccl_shm") or errors.matching(_WORDS)
    if not nccl and not errors.matching(_LOADER):
        return
    more = fixes.restart_container("with room in /dev/shm (or --ipc=host)", shared_memory="16g")
    clear = fixes.by_hand("remove what dead programs left there", "ls /dev/shm/nccl-*")
    size = f" of {shm_mib} MiB" if shm_mib is not None else ""
    free = f", {shm_free_mib} MiB free" if shm_free_mib is not None else ""
    who = "NCCL" if nccl else "a worker of the DataLoader"
    message = f"{who} found no room in the shared memory{size} (/dev/shm{free})"
    yield finding(
        "container",
        message,
        because=errors.receipts("nccl_shm", "dataloader_shm"),
        fixes=[more, clear],
    )
