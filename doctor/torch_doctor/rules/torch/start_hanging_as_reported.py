"""A report says that starting CUDA, or importing torch, never ends.

What it checks
    Sentences of a report that say of the import of torch or of the first CUDA call that it hangs.
Why it matters
    A call that does not return is a failure that was seen, whatever the versions promise.
How to fix
    What decides is where it waits: the Python stack, the kernel log, and whether nvidia-smi answers.
References
    https://docs.nvidia.com/deploy/xid-errors/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.pattern import carries
from torch_doctor.rules.torch._crashes import where_it_waits

_CALL = (
    r"(?:import torch\b|torch\.cuda\.\w+\(|\.cuda\(\)|\.to\(.{0,3}cuda|cuInit"
    r"|CUDA (?:init|start|context)\w*|(?:first|any) (?:CUDA|GPU) call)"
)
_HANG = (
    r"(?:\b(?:hangs?|hung|hanging|stuck|freezes?|frozen|deadlocks?)\b"
    r"|never (?:returns?|comes? back|ends?|finish\w*)"
    r"|does(?: not|n't) (?:return|end|finish)|卡住|卡死|フリーズ)"
)
_SENTENCE = regex(rf"{_CALL}[^.\n]{{0,80}}{_HANG}|{_HANG}[^.\n]{{0,40}}{_CALL}", re.IGNORECASE)
_WORK = r"(?:\ball_?reduce\b|\bNCCL\b|\bDDP\b|\btorchrun\b|init_process_group|\b(?:training|inference|fine-?tuning)\b)"
_STOPS = rf"(?:{_HANG}|\b(?:does|did|could|can|will)(?: not|n't) start\b)"
_AT_WORK = regex(rf"{_WORK}[^.\n]{{0,80}}{_STOPS}|{_STOPS}[^.\n]{{0,60}}{_WORK}", re.IGNORECASE)

# What waits is a start of NCCL, or a collective: several GPUs are at work.
_BETWEEN = r"\bNCCL\b|\ball_?reduce\b|init_process_group"
_THROUGH_HOST = fixes.set_variable(
    "NCCL_P2P_DISABLE",
    "1",
    "where it then goes on, direct transfers between the GPUs were the reason (an IOMMU, PCIe ACS): "
    "NCCL_DEBUG=INFO shows how far it came",
)


@rule("TD434", severity="error", cause="unexplained", fallback=True)
def check(
    remarks: tuple[ErrorSeen, ...],
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    torch_variant: str | None = None,
    other_gpus: tuple[str, ...] = (),
    gpus: tuple[Gpu, ...] = (),
) -> Iterator[Draft]:
    amd = torch_variant == "rocm" or bool(other_gpus and not gpus)
    if cuda_available or any(result.ok for result in kernel_results):
        return
    seen = [remark for remark in remarks if _SENTENCE.search(remark.text)]
    if seen:
        message = f"CUDA does not come up: {one_line(seen[0].text, 200)}"
        yield finding("torch", message, fixes=[where_it_waits(amd=amd)], confidence="medium")
        return
    waits = [remark for remark in remarks if _AT_WORK.search(remark.text)]
    if waits:
        # CUDA may run there: what waits is the program, or the way between GPUs
        message = f"the program was seen to wait without an end: {one_line(waits[0].text, 200)}"
        severity = Severity.WARNING
        between = not amd and any(carries(_BETWEEN, remark.text) for remark in waits)
        cures = [_THROUGH_HOST, where_it_waits(amd=amd)] if between else [where_it_waits(amd=amd)]
        yield finding("program", message, severity=severity, fixes=cures, confidence="medium")
