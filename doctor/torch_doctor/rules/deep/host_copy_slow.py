"""Copies between host and GPU are far slower than the link.

What it checks
    The rate of copies from and to pinned memory against what the PCIe link can carry by generation and
    width. Below 30 % is too slow.
Why it matters
    Data loaders, checkpoints and offloading wait for it.
How to fix
    See whether the link is trained at its full generation and width; try another slot or riser; keep the
    process on the processor that the GPU hangs on.
References
    https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.deep._reading import LINK_SHARE, idle

_STAGES = ("host-to-device", "device-to-host")


@rule("TD954", severity="warning", cause="gpu-hardware")
def check(deep_results: tuple[DeepResult, ...]) -> Iterator[Draft]:
    slow = [
        r
        for r in idle(deep_results)
        if r.stage in _STAGES and r.limit and (r.value or 0.0) < LINK_SHARE * r.limit
    ]
    for gpu in sorted({r.gpu for r in slow if r.gpu is not None}):
        own = [r for r in slow if r.gpu == gpu]
        rates = ", ".join(f"{r.stage} {r.value:.1f} of {r.limit:.0f} GB/s" for r in own)
        cures = [
            fixes.by_hand(
                "see how the link is trained while something is copied",
                f"nvidia-smi -i {gpu} --query-gpu=pcie.link.gen.current,pcie.link.width.current,"
                "pcie.link.gen.max,pcie.link.width.max --format=csv",
            ),
            fixes.by_hand("keep the process on the processor of the GPU", "nvidia-smi topo -m"),
        ]
        message = f"copies between the host and GPU {gpu} are slow: {rates}"
        detail = f" ({own[0].detail})" if own[0].detail else ""
        yield finding(f"gpu:{gpu}", message + detail, fixes=cures, confidence="medium")
