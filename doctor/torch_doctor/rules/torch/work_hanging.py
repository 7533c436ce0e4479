"""torch was imported, and then a step of the live check did not come to an end.

What it checks
    The stages after the import: starting CUDA, memory, a kernel, a matrix product, a convolution.
Why it matters
    A program would hang at the same place. A driver call that never returns is a fault of the driver or the GPU.
How to fix
    Look for Xids in the kernel log and for a process in state D; reset the GPU or reboot.
References
    https://docs.nvidia.com/deploy/xid-errors/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelEvent, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

_HANGS = ("no answer within", "hangs")
_STEPS = {
    "init": "starting CUDA",
    "properties": "reading the GPU's properties",
    "allocate": "allocating GPU memory",
    "kernel": "a kernel",
    "matmul": "a matrix product",
    "conv": "a convolution",
}


@rule("TD414", severity="error", cause="gpu-hardware", breaks="cuda")
def check(
    live_stages: tuple[StageResult, ...],
    kernel_events: tuple[KernelEvent, ...] = (),
) -> Iterator[Draft]:
    for stage in live_stages:
        if stage.ok or stage.stage not in _STEPS:
            continue
        if any(word in (stage.error or "") for word in _HANGS):
            subject = "driver" if stage.gpu is None else f"gpu:{stage.gpu}"
            log = fixes.by_hand(
                "look for Xids", "sudo dmesg | grep -i -e xid -e nvrm", scope="host", root=True
            )
            yield finding(
                subject,
                f"{_STEPS[stage.stage]} does not end: {stage.error}",
                fixes=[log, fixes.reboot("to free the GPU and the driver")],
                confidence="medium",
            )
            return
