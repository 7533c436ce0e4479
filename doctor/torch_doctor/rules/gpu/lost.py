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

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import ErrorSeen, KernelEvent
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.pattern import carries
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._usable import STOPPED

# What tells a link or a power supply that fails: it came again, or PCIe reports errors of the slot.
_LINK = r"\bAER\b|PCIe Bus Error|under (?:heavy )?load|again and again|keeps? (?:happening|falling)|every few"
_PARTS = fixes.by_hand(
    "switch the machine off and reseat this GPU: check its power cables and riser, or try another slot; "
    "where it comes again, have the card replaced",
    root=True,
)
_BACK = fixes.by_hand(
    "reboot the host to get the GPU back, and check its power cables, heat and seating: "
    "without a cause that is mended it is lost again",
    "sudo reboot",
    scope="host",
    root=True,
    reboot_needed=True,
)


@rule(
    "TD203",
    severity="error",
    cause="gpu-hardware",
    breaks=("start", "gpus"),
    explains=("TD204", "TD206", "TD214"),
)
def check(
    gpus: Fact[Any],
    kernel_events: tuple[KernelEvent, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    tried: tuple[str, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    texts = [e.text for e in kernel_events] + [s.text for s in (*remarks, *errors.all)]
    again = "rebooted" in tried or any(carries(_LINK, text) for text in texts)
    back = [_PARTS, fixes.reboot("the host")] if again else [_BACK]
    look = fixes.by_hand("read the Xid lines that say why", "sudo dmesg | grep -i xid", root=True)
    listed = gpus.value if isinstance(gpus, Known) else ()
    for gpu in listed:
        reset = any("RESET_REQUIRED" in fault for fault in gpu.faults)
        if gpu.lost or reset:
            why = "it waits for a reset" if reset else "it fell off the bus or waits for a reset"
            cures = [*back, look]
            if reset:
                command = f"sudo nvidia-smi --gpu-reset -i {gpu.index}"
                text = "stop every program that uses this GPU and reset it"
                cures.insert(0, fixes.by_hand(text, command, scope="host", root=True))
            message = f"GPU {gpu.index} does not answer any more: {why}"
            yield finding(f"gpu:{gpu.index}", message, fixes=cures)
    seen = errors.of("gpu_lost", "nvml_reset_required")
    seen = seen or (errors.matching(STOPPED) and errors.of("nvml_unknown_error_container"))
    # NVML here and now outranks a text: a GPU that answers has come back.
    if seen and not (listed and gpus.source.kind == "nvml"):
        message = f"a GPU does not answer any more: {one_line(seen[0].text, 200)}"
        because = errors.receipts("gpu_lost", "nvml_reset_required")
        yield finding("gpu", message, because=because, fixes=[*back, look])
