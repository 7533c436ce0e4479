"""What the matrix knows about a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.query import (
    Driver,
    GpuMatch,
    architecture_of,
    compat_hardware,
    driver_of,
    gpus_named,
)
from torch_doctor.matrix.store import Matrix, receipt

_OF_SERVERS = frozenset(("data_center", "jetson"))
# The largest memory of cards that are bought for a screen (GT 710, GT 1030, Quadro P620, GTX 1050 Ti).
_OF_A_DISPLAY_MIB = 4096


def traits_of(gpu: Gpu, matrix: Matrix, *, listed: bool, ran: bool | None = None) -> GpuTraits:
    """Return what the matrix knows about a GPU; its own capability wins over the one of its name."""
    return traits_of_all([(gpu, ran)], matrix, listed=listed)[0]


def traits_of_all(
    seen: Sequence[tuple[Gpu, bool | None]], matrix: Matrix, *, listed: bool
) -> tuple[GpuTraits, ...]:
    """Return the traits of GPUs and whether each ran; a model is looked up once."""
    looked_up = [
        (gpu, ran, _of_model(gpu.name, gpu.compute_capability, matrix, listed)) for gpu, ran in seen
    ]
    return tuple(
        traits._replace(
            index=gpu.index,
            name=gpu.name or f"GPU {gpu.index}",
            ran=ran,
            display=is_display_card(gpu, traits),
            instances_unread=bool(gpu.mig_mode) and gpu.mig_devices is None,
        )
        for gpu, ran, traits in looked_up
    )


def is_display_card(gpu: Gpu, traits: GpuTraits) -> bool | None:
    """Whether *gpu* is one that drives a screen: no server's, with the little memory that such cards have.

    None where neither its name nor its memory is known.
    """
    if not traits.rows and gpu.memory_mib is None:
        return None if gpu.name is None else False
    if any(row.kind in _OF_SERVERS for row in traits.rows):
        return False
    sizes = [size for row in traits.rows for size in row.memory_gb or ()]
    memory = gpu.memory_mib or (max(sizes) * 1024 if sizes else None)
    return memory is not None and memory <= _OF_A_DISPLAY_MIB


@lru_cache(1024)
def _of_model(
    name: str | None,
    capability: ComputeCapability | None,
    matrix: Matrix,
    listed: bool,
) -> GpuTraits:
    match = gpus_named(matrix, name) if name else GpuMatch(())
    rows = match.rows
    if capability is None and rows:
        named = {text for row in rows for text in row.capabilities}
        capability = ComputeCapability.parse(named.pop()) if len(named) == 1 else None
    arch = architecture_of(matrix, capability) if capability else None
    kinds = {row.kind for row in rows}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    hardware = [compat_hardware(matrix, one) for one in kinds]
    eligible = {row.eligible if row else None for row in hardware}
    needs = {row.open_modules for row in rows} if rows else {arch and arch.open_modules}
    if name is None and capability:
        text = str(capability)
        needs |= {row.open_modules for row in matrix.gpus if text in row.capabilities}
    receipts = [receipt("gpus", row) for row in rows[:1]]
    receipts += [receipt("architectures", arch)] if arch else []
    return GpuTraits(
        index=0,
        name="",
        capability=capability,
        rows=rows,
        architecture=arch,
        tegra=kind == "jetson" or (not rows and bool(arch and arch.tegra)),
        open_modules=_open_modules(needs, unnamed=name is None),
        # the architecture's: rows name the first release that lists a product, which can be later
        first_driver=_driver(arch and arch.first_branch, matrix),
        last_driver=_driver(arch and arch.last_branch, matrix),
        eligible=eligible.pop() if len(eligible) == 1 else None,
        listed=listed,
        because=tuple(receipts),
    )


def _driver(branch: int | None, matrix: Matrix) -> Driver | None:
    return driver_of(matrix, DriverRelease.parse(str(branch))) if branch else None


def _open_modules(needs: set[str | None], *, unnamed: bool) -> str | None:
    """What the products that it may be say of the open kernel modules."""
    if len(needs) > 1:
        return "some" if unnamed and "required" in needs else None
    word = next(iter(needs))
    return "impossible" if word in ("unsupported", "impossible") else word
