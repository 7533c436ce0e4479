"""What a GPU should reach: the figures of its data sheet, by the name that the driver reports."""

from __future__ import annotations

from torch_doctor.matrix.gpus.folding import fold
from torch_doctor.matrix.gpus.rows import GpuRate
from torch_doctor.matrix.store import Matrix, worked_out_once


def rate_of(matrix: Matrix, name: str | None, kind: str) -> GpuRate | None:
    """Return the row of a product and a kind of work (fp32, bf16, memory …), or None where none is recorded.

    A MIG slice and a virtual GPU have a share of the figures that nobody records, so they have no row.
    """
    if name is None or " mig " in f"{name.lower()} ":
        return None
    return _by_name(matrix).get((fold(name), kind))


@worked_out_once
def _by_name(matrix: Matrix) -> dict[tuple[str, str], GpuRate]:
    return {(fold(row.name), row.kind): row for row in matrix.gpu_rates}
