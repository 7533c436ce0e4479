"""GPUs of several models, and CUDA numbers them in another order than nvidia-smi.

What it checks
    More than one model, without CUDA_DEVICE_ORDER=PCI_BUS_ID.
Why it matters
    CUDA puts the fastest GPU first, nvidia-smi goes by the bus: GPU 0 of the one may be GPU 1 of the
    other, and a mask by number hides the wrong one.
How to fix
    Set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name GPUs by UUID.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes


@rule("TD215", severity="note", about=("gpus",))
def check(gpus: tuple[Gpu, ...], cuda_device_order: str | None = None) -> Iterator[Draft]:
    names = sorted({gpu.name for gpu in gpus if gpu.name})
    if len(names) < 2 or (cuda_device_order or "").strip().upper() == "PCI_BUS_ID":
        return
    order = fixes.set_variable("CUDA_DEVICE_ORDER", "PCI_BUS_ID", "the order of nvidia-smi")
    message = f"{listing(names)} are numbered by speed in CUDA, by the bus in nvidia-smi"
    yield finding("gpu", message, fixes=[order])
