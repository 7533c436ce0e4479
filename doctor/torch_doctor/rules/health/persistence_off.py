"""Persistence is off on a server GPU, so the driver starts it anew for each program.

What it checks
    Persistence mode of data-centre GPUs on Linux hosts (not in containers, which cannot change it).
Why it matters
    Nothing is wrong; the first CUDA call of each program takes a second or more longer.
How to fix
    Start nvidia-persistenced, if the delay matters.
References
    https://docs.nvidia.com/deploy/driver-persistence/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures


@rule("TD813", severity="note", about=("gpus",))
def check(
    gpus: tuple[Gpu, ...], cures: Cures, container: str | None = None, wsl: bool | None = None
) -> Iterator[Draft]:
    servers = {gpu.index for gpu in cures.machine.gpus or () if gpu.kind == "data_center"}
    off = [gpu for gpu in gpus if gpu.persistence is False and gpu.index in servers]
    if container or wsl or not off:
        return
    start = fixes.by_hand(
        "start nvidia-persistenced",
        "sudo systemctl enable --now nvidia-persistenced",
        scope="host",
        root=True,
    )
    message = "persistence is off: the first CUDA call of each program waits for the driver to start the GPU"
    yield finding("gpu", message, fixes=[start])
