"""Rows about GPUs, what drives them and what people call them; their tables stand in matrix/rows.py."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance


class CloudInstance(NamedTuple):
    """A type of cloud instance and the GPU that it has; *pattern* fits a whole name of the type, in small letters."""

    name: str
    provider: str
    gpu: str
    pattern: str
    origin: Provenance


class Architecture(NamedTuple):
    """A compute capability: the toolkits that compile for it and the driver branches that drive it.

    *open_modules* is required, supported, impossible or varies (the GPU's own row decides).
    """

    capability: str
    name: str
    first_cuda: str
    last_cuda: str | None
    first_branch: int | None
    last_branch: int | None
    open_modules: str | None
    tegra: bool
    origin: Provenance


class DriverTurn(NamedTuple):
    """What drivers do from release *first* on, and before release *until*; None: they still do."""

    change: str
    first: str
    until: str | None
    origin: Provenance


class GpuProduct(NamedTuple):
    """A product by the name that the driver reports. More than one capability: the name is sold on different chips.

    *kind* is data_center, consumer, consumer_laptop, workstation, workstation_laptop, jetson, embedded …
    """

    name: str
    capabilities: tuple[str, ...]
    architecture: str
    chips: tuple[str, ...]
    kind: str
    memory_gb: tuple[int, ...]
    pci_ids: tuple[str, ...]
    open_modules: str | None
    first_driver: str | None
    last_branch: int | None
    origin: Provenance


class GpuAlias(NamedTuple):
    """What people type and which products it means.

    *ambiguity* is none, form (variants of one product that are judged alike), product or architecture; the last two
    need the user to choose.
    """

    alias: str
    names: tuple[str, ...]
    ambiguity: str
    origin: Provenance


class GpuRate(NamedTuple):
    """What a product can do at most, without sparsity: TFLOP/s of matrix products in *kind*, GB/s for memory.

    *kind* is fp32, tf32, bf16, fp16, fp8 (both with fp32 accumulation, as torch computes) or memory.
    """

    name: str
    kind: str
    peak: str
    origin: Provenance


class OtherMaker(NamedTuple):
    """GPUs and accelerators that are not NVIDIA's: how people name them, and by what torch runs on them.

    *patterns* are regular expressions that a whole name fits, without regard to case. *tag* is that of the index
    of PyTorch's that has the newest build for them, None where none of its own has one.
    """

    maker: str
    patterns: tuple[str, ...]
    torch: str
    tag: str | None
    origin: Provenance


class GpuBrand(NamedTuple):
    """The *brands* that NVML may give GPUs of some *kinds*; unknown, where the runtime of containers may be older.

    *pattern* is a regular expression that their whole name fits, without regard to case; None: all other names.
    """

    kinds: tuple[str, ...]
    pattern: str | None
    brands: tuple[str, ...]
    origin: Provenance


class OtherChip(NamedTuple):
    """Chips of another maker's GPUs, and whether torch's builds for them have code: on Linux, and on Windows.

    *patterns* are regular expressions that are found in a name, without regard to case. *borrows* is the value of
    HSA_OVERRIDE_GFX_VERSION with which the code of a like chip runs, where a build has none of this one.
    """

    chip: str
    maker: str
    patterns: tuple[str, ...]
    linux: bool
    windows: bool
    borrows: str | None
    origin: Provenance


class CompatHardware(NamedTuple):
    """Whether a kind of GPU is eligible for forward compatibility: yes, no or some."""

    kind: str
    eligible: str
    origin: Provenance


class JetPack(NamedTuple):
    """The software of Jetson boards: its Linux (L4T), the CUDA majors that it has and can take, its torch's Python."""

    l4t: int
    jetpack: str
    cuda: int
    newest_cuda: int
    python: str
    origin: Provenance


class JetsonWheel(NamedTuple):
    """A torch that NVIDIA built for *jetpacks*: from release *first* of their Linux to before release *end*.

    *needs* is what it loads besides, which JetPack does not bring. *newer* is a release that the index *newer_at* has
    for the same JetPack, and *newer_needs* what that one loads besides.
    """

    address: str
    jetpacks: tuple[str, ...]
    first: str
    end: str
    python: str
    needs: str | None
    newer: str | None
    newer_at: str | None
    newer_needs: str | None
    origin: Provenance
