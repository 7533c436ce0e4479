"""The driver lists a GPU but cannot say everything about it.

What it checks
    Questions to NVML about one GPU that failed, where the GPU is not lost: its name, its capability and
    its state.
Why it matters
    A GPU whose own description cannot be read is often one that is about to fail.
How to fix
    Read the kernel log; reset the GPU or reboot.
References
    https://docs.nvidia.com/deploy/nvml-api/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import seen_to_run
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD214", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(
    gpus: tuple[Gpu, ...], wsl: bool | None = None, kernel_results: tuple[KernelResult, ...] = ()
) -> Iterator[Draft]:
    ran = seen_to_run(kernel_results)
    for gpu in gpus:
        if not gpu.faults or gpu.lost or wsl:
            continue
        if any("RESET_REQUIRED" in fault for fault in gpu.faults):
            continue
        # A working GPU with one getter that fails is a matter of the driver, not of the GPU.
        if ran(gpu) and gpu.name and gpu.compute_capability:
            continue
        look = fixes.by_hand(
            "read what the kernel says about it", "sudo dmesg | grep -iE 'nvrm|xid'", root=True
        )
        message = f"GPU {gpu.index} answers only in part: {gpu.faults[0]}"
        yield finding(f"gpu:{gpu.index}", message, fixes=[look, fixes.reboot("if it stays")])
