"""This driver offers direct transfers between GeForce RTX 40 cards, which they cannot do.

What it checks
    Two or more GeForce cards of capability 8.9 under a driver of the R525 branch before 525.105.17.
Why it matters
    Those drivers said that the cards can reach each other's memory; NCCL believes it and hangs. Later
    ones say no, and NCCL goes through host memory.
How to fix
    Update the driver, or set NCCL_P2P_DISABLE=1.
References
    https://github.com/NVIDIA/nccl-tests/issues/117
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.multigpu._p2p import ADA, THROUGH_HOST, untrue


@rule("TD708", severity="warning", cause="nccl-p2p-iommu-acs", explains=("TD711",), about=("gpus",))
def check(
    gpus: tuple[Gpu, ...],
    driver_release: DriverRelease,
    cures: Cures,
    matrix: Matrix,
    nccl_p2p_disable: str | None = None,
    os_family: str | None = None,
) -> Iterator[Draft]:
    traits = {gpu.index: gpu for gpu in cures.machine.gpus or ()}
    cards = [
        gpu
        for gpu in gpus
        if (known := traits.get(gpu.index)) and known.capability == ADA and known.kind == "consumer"
    ]
    first, mended = untrue(matrix)
    bad = first <= driver_release < mended and os_family in (None, "linux")
    if len(cards) < 2 or not bad or (nccl_p2p_disable or "").strip() == "1":
        return
    message = f"driver {driver_release} offers direct transfers that {cards[0].name} cannot do: NCCL hangs"
    yield finding("gpu", message, fixes=[THROUGH_HOST, cures.driver(str(mended))])
