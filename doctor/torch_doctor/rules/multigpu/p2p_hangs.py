"""Direct transfers between GPUs hang, as under an IOMMU or PCIe access control (ACS).

What it checks
    A report that says NCCL_P2P_DISABLE=1 helps, or a hang beside ACS or IOMMU; a stage of the deep check
    over several GPUs that did not end, on a host whose IOMMU translates.
Why it matters
    With ACS on, or an IOMMU that translates, the switch sends GPU-to-GPU traffic through the processor,
    and it may arrive nowhere: NCCL waits for ever.
How to fix
    At once: NCCL_P2P_DISABLE=1, at a cost in speed. For good: ACS off in the firmware, or iommu=pt; GeForce
    RTX 40 cards, which have no direct transfers, need a driver that says so.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.pattern import carries

_HELPS = r"NCCL_P2P_DISABLE\s*=?\s*1|disabl\w+ (nccl )?p2p|without p2p"
_HANG = r"\bhang|\bstuck\b|deadlock|freez|\bwait\w* forever|never (returns|ends)"
_ROUTE = r"\bACS(Ctl)?\b|\bIOMMU\b"
FIRST_GOOD = DriverRelease.parse("525.105.17")
_ADA = ComputeCapability(8, 9)
_STAGES = ("nccl", "all_reduce", "allreduce", "peer", "p2p")
_OFF = fixes.set_variable("NCCL_P2P_DISABLE", "1", "NCCL then goes through host memory")
_ACS = fixes.by_hand(
    "switch ACS off in the firmware; where the IOMMU must stay on, boot with iommu=pt",
    "sudo lspci -vvv | grep -i acsctl",
    scope="host",
    root=True,
    reboot_needed=True,
)


@rule("TD703", severity="error", cause="nccl-p2p-iommu-acs", explains=("TD409", "TD711"))
def check(
    cures: Cures,
    remarks: tuple[ErrorSeen, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    live_stages: tuple[StageResult, ...] = (),
    iommu_translates: bool | None = None,
    nccl_p2p_disable: str | None = None,
    driver_release: DriverRelease | None = None,
) -> Iterator[Draft]:
    texts = [seen.text for seen in (*remarks, *errors_seen)]
    helps = any(carries(_HELPS, text) for text in texts)
    route = any(carries(_ROUTE, text) for text in texts)
    waits = [
        stage
        for stage in live_stages
        if not stage.ok
        and any(word in stage.stage.lower() for word in _STAGES)
        and re.search(r"time|deadline|did not", stage.error or "", re.IGNORECASE)
    ]
    observed = bool(waits) and iommu_translates is True and nccl_p2p_disable != "1"
    hangs = (helps or route) and any(carries(_HANG, text) for text in texts)
    if not hangs and not observed:
        return
    # Who says that it helps has found that: what remains is the route, or a driver that offers too much.
    mends = [_ACS, _OFF] if helps else [_OFF, _ACS]
    if _offered_wrongly(cures, driver_release):
        mends = [cures.driver(str(FIRST_GOOD)), _OFF]
    why = "the IOMMU translates" if iommu_translates else "as under an IOMMU or PCIe ACS"
    message = f"direct transfers between GPUs hang ({why})"
    yield finding("gpu", message, fixes=mends, confidence="high" if helps else "medium")


def _offered_wrongly(cures: Cures, driver: DriverRelease | None) -> bool:
    cards = [gpu for gpu in cures.machine.gpus or () if gpu.capability == _ADA]
    few = len(cards) < 2 or any(gpu.kind != "consumer" for gpu in cards)
    return not few and (driver is None or driver < FIRST_GOOD)
