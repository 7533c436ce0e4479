"""The driver lists a GPU but cannot say everything about it.

What it checks
    Questions to NVML about one GPU that failed, where the GPU is not lost: its name, its capability and
    its state. It is an error where a kernel failed, too, as a report tells it, or shows it beside words about ERR!.
Why it matters
    A GPU whose own description cannot be read is often one that is about to fail.
How to fix
    Read the kernel log; reset the GPU or reboot.
References
    https://docs.nvidia.com/deploy/nvml-api/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import seen_to_run
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_UNREADABLE = r"\bERR!"
# A kernel that another program, or the driver under it, ended: not what a fault of the program itself reads like.
_ENDED = (
    r"unspecified launch failure|CUDA error: unknown error|Unable to determine the device handle"
)
_LOOK = fixes.by_hand(
    "read what the kernel says about it", "sudo dmesg | grep -iE 'nvrm|xid'", root=True
)


@rule("TD214", severity="warning", cause="gpu-hardware", about=("gpus", "errors"))
def check(
    gpus: tuple[Gpu, ...] = (),
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    ran = seen_to_run(kernel_results)
    ended = Severity.ERROR if errors.matching(_ENDED) else None
    cures = [_LOOK, fixes.reboot("if it stays")]
    if ended and errors.matching(_UNREADABLE) and not any(gpu.faults for gpu in gpus):
        message = (
            "nvidia-smi prints ERR! of a GPU, and its kernels end without a reason of their own"
        )
        yield finding("gpu", message, severity=ended, fixes=cures, confidence="medium")
    for gpu in gpus:
        if not gpu.faults or gpu.lost or wsl:
            continue
        if any("RESET_REQUIRED" in fault for fault in gpu.faults):
            continue
        # A working GPU with one getter that fails is a matter of the driver, not of the GPU.
        if ran(gpu) and gpu.name and gpu.compute_capability:
            continue
        message = f"GPU {gpu.index} answers only in part: {gpu.faults[0]}"
        yield finding(f"gpu:{gpu.index}", message, severity=ended, fixes=cures)
