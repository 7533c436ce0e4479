"""Rows that say how companions and features hang together with torch; their tables stand in matrix/rows.py."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance


class CompanionTraits(NamedTuple):
    """How a companion hangs together with torch; *feature* is what every GPU must have for it.

    *on_torch_index*: it is there for every variant of torch, for some or not at all (no). *without_runtime* and
    *without_code*: it fails or degrades without the CUDA runtime that it asks for, or without code for the GPU.
    """

    package: str
    on_torch_index: str
    without_runtime: str
    without_code: str
    feature: str | None
    origin: Provenance


class IndexGap(NamedTuple):
    """A release of a companion that torch's index of one *variant* does not serve, though it serves the package."""

    package: str
    version: str
    variant: str
    origin: Provenance


class FeatureNeed(NamedTuple):
    """What a feature asks of a build: the first torch that has it, and the systems (linux, wsl, windows), None: all."""

    feature: str
    first_torch: str
    systems: tuple[str, ...] | None
    origin: Provenance


class DynamoPython(NamedTuple):
    """The first Python that torch.compile of a range of torch *refuses*."""

    torch: str
    refuses: str
    origin: Provenance


class TritonPtxas(NamedTuple):
    """An assembler in the wheels of a range of triton, used for GPUs from *capability_from* on."""

    triton: str
    capability_from: str
    version: str
    origin: Provenance
