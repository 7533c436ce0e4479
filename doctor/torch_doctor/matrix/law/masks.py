"""CUDA_VISIBLE_DEVICES as CUDA reads it."""

from __future__ import annotations

import re

from torch_doctor.core.records import Gpu
from torch_doctor.core.tuples import NamedTuple


class Mask(NamedTuple):
    """What a mask lets through: GPU indices (or MIG UUIDs), and the first entry that CUDA does not know.

    With *twice*, that entry names a GPU that another one names already: then nothing is let through.
    """

    visible: tuple[str, ...]
    unknown: str | None
    twice: bool = False


def read_mask(text: str, gpus: tuple[Gpu, ...]) -> Mask:
    """Read *text* as CUDA does: entry by entry, up to the first that names no device.

    A mask that names a device twice is refused as a whole, as torch's own reading of it has it, too.
    Entries are indices, GPU UUIDs (a unique prefix is enough) or MIG UUIDs. MIG entries pass where MIG devices are
    not listed.
    """
    visible: list[str] = []
    entries = [entry.strip() for entry in text.split(",")]
    if entries in ([""], ["-1"]) or text.strip().lower() in ("nodevfiles", "none", "void"):
        return Mask((), None)
    for entry in entries:
        name = _device(entry, gpus)
        if name is None:
            return Mask(tuple(visible), entry)
        if name in visible:
            return Mask((), entry, twice=True)
        visible.append(name)
    return Mask(tuple(visible), None)


def _device(entry: str, gpus: tuple[Gpu, ...]) -> str | None:
    if number := re.match(r"[+]?\d+", entry):  # what follows the number is not read: 1gpu is 1
        last = max((gpu.index for gpu in gpus), default=-1)  # a list may lack the first ones
        return str(int(number[0])) if int(number[0]) <= max(last, len(gpus) - 1) else None
    if entry.upper().startswith("MIG-"):
        return _mig(entry, gpus)
    if entry.upper().startswith("GPU-"):
        matches = [gpu for gpu in gpus if (gpu.uuid or "").lower().startswith(entry.lower())]
        return str(matches[0].index) if len(matches) == 1 else None
    return None


def _mig(entry: str, gpus: tuple[Gpu, ...]) -> str | None:
    listed = [mig.uuid.lower() for gpu in gpus for mig in gpu.mig_devices or () if mig.uuid]
    if not listed:
        return entry if any(gpu.mig_mode is not False for gpu in gpus) else None
    return entry if any(uuid.startswith(entry.lower()) for uuid in listed) else None
