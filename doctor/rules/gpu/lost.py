"""The driver lists a GPU that no longer answers.

What it checks
    NVML's answers "GPU is lost" and "reset required" for one device.
Why it matters
    The GPU has fallen off the bus or waits for a reset: programs that touch it hang or fail.
How to fix
    Reset or reboot; when it comes back, the hardware needs a look.
References
    https://docs.nvidia.com/deploy/xid-errors/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.rule import Draft, finding, rule


@rule("TD203", severity="error", cause="gpu-hardware", explains=("TD117", "TD409"))
def check(gpus) -> Iterator[Draft]:
    for gpu in gpus:
        if gpu.lost:
            look = fixes.by_hand("read the Xid lines that say why", "sudo dmesg | grep -i xid", root=True)
            message = f"GPU {gpu.index} does not answer any more: it fell off the bus or waits for a reset"
            yield finding(f"gpu:{gpu.index}", message, fixes=[fixes.reboot("the host"), look])
