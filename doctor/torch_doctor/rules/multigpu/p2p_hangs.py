"""Direct transfers between GPUs hang, as under an IOMMU or PCIe access control (ACS).

What it checks
    A report that says NCCL_P2P_DISABLE=1 helps, or a hang beside ACS or IOMMU, or of NVIDIA's samples; a stage of the
    deep check that did not end, where the IOMMU translates; direct transfers that were measured slower.
Why it matters
    With ACS or such an IOMMU, traffic between GPUs goes by the processor and may arrive nowhere: NCCL waits for ever.
How to fix
    At once: NCCL_P2P_DISABLE=1. For good: ACS off in the firmware, or iommu=pt; for RTX 40, a driver that knows it.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.pattern import carries
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.multigpu._p2p import THROUGH_HOST, WITHOUT_ACS, offered_wrongly, untrue

_HELPS = r"NCCL_P2P_DISABLE\s*=?\s*1|disabl\w+ (nccl )?p2p|p2p (?:is |was )?disabled|without p2p"
_HANG = r"\bhang|\bstuck\b|deadlock|freez|\bwait\w* forever|never (returns|ends)"
# NVIDIA's samples that copy between GPUs, and no more: where one hangs, no library of torch is at fault.
_SAMPLES = r"\bp2pBandwidthLatencyTest\b|\bsimpleP2P\b"
_ROUTE = r"\bACS(Ctl)?\b|\bIOMMU\b"
_STAGES = ("nccl", "all_reduce", "allreduce", "peer", "p2p")


@rule(
    "TD703",
    severity="error",
    cause="nccl-p2p-iommu-acs",
    breaks="cuda",
    explains=("TD434", "TD711"),
    about=("remarks", "errors_seen", "live_stages", "direct_transfers_slower"),
)
def check(
    cures: Cures,
    matrix: Matrix,
    remarks: tuple[ErrorSeen, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    live_stages: tuple[StageResult, ...] = (),
    iommu_translates: bool | None = None,
    nccl_p2p_disable: str | None = None,
    direct_transfers_slower: bool | None = None,
    driver_release: DriverRelease | None = None,
) -> Iterator[Draft]:
    texts = [seen.text for seen in (*remarks, *errors_seen)]
    helps = any(carries(_HELPS, text) for text in texts)
    route = any(carries(_ROUTE, text) for text in texts)
    sample = any(carries(_SAMPLES, text) and carries(_HANG, text) for text in texts)
    waits = any(map(_did_not_end, live_stages))
    observed = waits and iommu_translates is True and nccl_p2p_disable != "1"
    slower = direct_transfers_slower is True and nccl_p2p_disable != "1"
    hangs = sample or ((helps or route or slower) and any(carries(_HANG, text) for text in texts))
    if not hangs and not observed and not slower:
        return
    # Who says that it helps has found that: what remains is the route, or a driver that offers too much.
    mends = [WITHOUT_ACS, THROUGH_HOST] if helps or sample else [THROUGH_HOST, WITHOUT_ACS]
    mended = untrue(matrix).mended
    if offered_wrongly(cures, driver_release, mended):
        mends = [cures.driver(str(mended)), THROUGH_HOST]
    why = "the IOMMU translates" if iommu_translates else "as under an IOMMU or PCIe ACS"
    what = "hang" if hangs or observed else "are slower than those through the host"
    message = f"direct transfers between GPUs {what} ({why})"
    severity = None if hangs or observed else Severity.WARNING
    sure = "high" if helps else "medium"
    yield finding("gpu", message, fixes=mends, severity=severity, confidence=sure)


def _did_not_end(stage: StageResult) -> bool:
    late = re.search(r"time|deadline|did not", stage.error or "", re.IGNORECASE)
    return not stage.ok and any(word in stage.stage.lower() for word in _STAGES) and bool(late)
