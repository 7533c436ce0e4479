"""What a GPU should reach: the figures of its data sheet, by the name that the driver reports."""

from __future__ import annotations

from torch_doctor.matrix.query import fold
from torch_doctor.matrix.rows import GpuRate
from torch_doctor.matrix.store import Matrix


def rate_of(matrix: Matrix, name: str | None, kind: str) -> GpuRate | None:
    """Return the row of a product and a kind of work (fp32, bf16, memory …), or None where none is recorded.

    A MIG slice and a virtual GPU have a share of the figures that nobody records, so they have no row.
    """
    index = matrix.cache.get("gpu_rates")
    if index is None:
        index = {(fold(row.name), row.kind): row for row in matrix.gpu_rates}
        matrix.cache["gpu_rates"] = index
    if name is None or " mig " in f"{name.lower()} ":
        return None
    found: GpuRate | None = index.get((fold(name), kind))
    return found
