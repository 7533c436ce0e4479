"""GPUs of one host cannot reach each other's memory.

What it checks
    What CUDA says of access between each pair of GPUs: on data-centre GPUs, and where some pairs have it and
    others do not.
Why it matters
    Everything between them goes through host memory, which works and is several times slower.
How to fix
    See how they are connected. Behind different processors, in a virtual machine or without a bridge it may
    be as it has to be.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.query import gpus_named
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.deep._reading import names_of


@rule("TD959", severity="note")
def check(
    deep_results: tuple[DeepResult, ...],
    kernel_results: tuple[KernelResult, ...],
    matrix: Matrix,
    iommu_translates: bool | None = None,
) -> Iterator[Draft]:
    names = set(names_of(kernel_results).values())
    kinds = {row.kind for name in names for row in gpus_named(matrix, name).rows}
    for r in deep_results:
        if r.stage != "peer" or r.status != "ok" or r.value is None or r.limit is None:
            continue
        # GeForce cards have no peer access, and nobody can change that.
        expected = r.value > 0 or kinds == {"data_center"}
        if r.value >= r.limit or not expected or len(names) != 1:
            continue
        why = "; the IOMMU translates" if iommu_translates else ""
        message = f"{r.limit - r.value:.0f} of {r.limit:.0f} pairs of GPUs have no direct access ({r.detail}){why}"
        yield finding(
            "gpu",
            message,
            fixes=[fixes.by_hand("see how they are connected", "nvidia-smi topo -m")],
        )
