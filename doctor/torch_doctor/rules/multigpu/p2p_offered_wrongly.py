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
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures

_FIRST_BAD, _FIRST_GOOD = DriverRelease.parse("525.53"), DriverRelease.parse("525.105.17")
_ADA = ComputeCapability(8, 9)


@rule("TD708", severity="warning", cause="nccl-p2p-iommu-acs", explains=("TD711",), about=("gpus",))
def check(
    gpus: tuple[Gpu, ...],
    driver_release: DriverRelease,
    cures: Cures,
    nccl_p2p_disable: str | None = None,
    os_family: str | None = None,
) -> Iterator[Draft]:
    traits = {gpu.index: gpu for gpu in cures.machine.gpus or ()}
    cards = [
        gpu
        for gpu in gpus
        if (known := traits.get(gpu.index))
        and known.capability == _ADA
        and known.kind == "consumer"
    ]
    bad = _FIRST_BAD <= driver_release < _FIRST_GOOD and os_family in (None, "linux")
    if len(cards) < 2 or not bad or (nccl_p2p_disable or "").strip() == "1":
        return
    off = fixes.set_variable("NCCL_P2P_DISABLE", "1", "NCCL then goes through host memory")
    message = f"driver {driver_release} offers direct transfers that {cards[0].name} cannot do: NCCL hangs"
    yield finding("gpu", message, fixes=[off, cures.driver(str(_FIRST_GOOD))])
