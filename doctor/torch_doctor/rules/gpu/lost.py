"""The driver lists a GPU that no longer answers.

What it checks
    NVML's answers "GPU is lost" and "reset required" for one device, here or in a pasted text.
Why it matters
    The GPU has fallen off the bus or waits for a reset: programs that touch it hang or fail.
How to fix
    Reset or reboot; when it comes back, the hardware needs a look.
References
    https://docs.nvidia.com/deploy/xid-errors/index.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors


@rule(
    "TD203",
    severity="error",
    cause="gpu-hardware",
    explains=("TD117", "TD204", "TD205", "TD206", "TD214", "TD409"),
)
def check(gpus: Fact[Any], errors: Errors = NONE_SEEN) -> Iterator[Draft]:
    look = fixes.by_hand("read the Xid lines that say why", "sudo dmesg | grep -i xid", root=True)
    listed = gpus.value if isinstance(gpus, Known) else ()
    for gpu in listed:
        reset = any("RESET_REQUIRED" in fault for fault in gpu.faults)
        if gpu.lost or reset:
            why = "it waits for a reset" if reset else "it fell off the bus or waits for a reset"
            cures = [fixes.reboot("the host"), look]
            if reset:
                command = f"sudo nvidia-smi --gpu-reset -i {gpu.index}"
                text = "stop every program that uses this GPU and reset it"
                cures.insert(0, fixes.by_hand(text, command, scope="host", root=True))
            message = f"GPU {gpu.index} does not answer any more: {why}"
            yield finding(f"gpu:{gpu.index}", message, fixes=cures)
    seen = errors.of("gpu_lost", "nvml_reset_required")
    # NVML here and now outranks a text: a GPU that answers has come back.
    if seen and not (listed and gpus.source.kind == "nvml"):
        message = f"a GPU does not answer any more: {one_line(seen[0].text, 200)}"
        because = errors.receipts("gpu_lost", "nvml_reset_required")
        yield finding("gpu", message, because=because, fixes=[fixes.reboot("the host"), look])
