"""CUDA_VISIBLE_DEVICES as CUDA reads it."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.records import Gpu
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple

_NUMBER = regex(r"[+]?0*([0-9]+)")
_MASK, _ORDER = "cuda_visible_devices", "cuda_device_order"
BY_THE_BUS = "PCI_BUS_ID"


class Mask(NamedTuple):
    """What a mask lets through: GPU indices (or MIG UUIDs), and the first entry that CUDA does not know.

    With *twice*, that entry names a GPU that another one names already: then nothing is let through.
    """

    visible: tuple[str, ...]
    unknown: str | None
    twice: bool = False


class Unmasked(NamedTuple):
    """The GPUs of a host that programs see there: the indices of those that a mask certainly hides.

    Where nobody can tell which it hides, *open_fact* is the fact that would tell it, and at least *count* are shown.
    """

    hidden: frozenset[int] = frozenset()
    open_fact: str | None = None
    count: int = 0  # type: ignore[assignment]


def shown_of(facts: Facts) -> Unmasked:
    """Return which GPUs of a host programs see under its mask; one that shows none or MIG devices hides none here.

    Numbers are those of the driver's list where CUDA goes by the bus or the GPUs are of one model; else CUDA puts the
    fastest first, and nobody can tell which is meant.
    """
    gpus: tuple[Gpu, ...] = facts.value("gpus") or ()
    on_bus = facts.value("pci_gpus") or ()
    if len(gpus or on_bus) < 2 or (not gpus and facts.value("kernel_results")):
        return Unmasked()
    if facts.is_lost(_MASK):
        return Unmasked(open_fact=_MASK, count=1)
    text = str(facts.value(_MASK) or "")
    if not gpus:
        return Unmasked(open_fact="gpus", count=1) if text.strip() not in ("", "-1") else Unmasked()
    mask = read_mask(text, gpus)
    if not mask.visible or not all(name.isdigit() for name in mask.visible):
        return Unmasked()
    if _certain(text, gpus, facts):
        return Unmasked(frozenset(gpu.index for gpu in gpus if str(gpu.index) not in mask.visible))
    return Unmasked(open_fact=_ORDER, count=len(mask.visible))


def _certain(mask: str, gpus: tuple[Gpu, ...], facts: Facts) -> bool:
    """Whether it is known which GPUs the mask means."""
    numbered = any(_NUMBER.match(entry.strip()) for entry in mask.split(","))
    named = all(gpu.name for gpu in gpus)
    alike = named and len({(gpu.name, gpu.compute_capability) for gpu in gpus}) == 1
    by_the_bus = str(facts.value(_ORDER) or "").strip().upper() == BY_THE_BUS
    return not numbered or alike or by_the_bus


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
    if match := _NUMBER.match(entry):  # what follows the number is not read: 1gpu is 1
        figures = match[1]
        last = max((len(gpus) - 1, *(gpu.index for gpu in gpus)))  # a list may lack the first ones
        there = len(figures) <= len(str(last)) and int(figures) <= last
        return figures if there else None
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
