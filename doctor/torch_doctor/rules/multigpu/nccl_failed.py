"""NCCL failed and no other finding says why.

What it checks
    A system error, a CUDA error or an internal error of NCCL in an error text.
Why it matters
    A job over several GPUs does not start; one GPU alone may work well.
How to fix
    Run it once with NCCL_DEBUG=INFO: the line before the error names the call that failed.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD711", severity="error", cause="unexplained", breaks="cuda")
def check(
    errors: Errors, container: str | None = None, shm_mib: int | None = None
) -> Iterator[Draft]:
    seen = errors.of("nccl_system_error", "nccl_cuda_error", "nccl_internal_error")
    if not seen:
        return
    debug = fixes.set_variable(
        "NCCL_DEBUG", "INFO", "the line before the error names the failed call"
    )
    interface = fixes.by_hand(
        "where it uses a wrong network interface, name the right one",
        "export NCCL_SOCKET_IFNAME=eth0",
    )
    system = any(error.signature == "nccl_system_error" for error in seen)
    small = system and container is not None and shm_mib is not None and shm_mib <= 64
    cause = "nccl-shm-too-small" if small else None
    message = f"NCCL failed: {one_line(seen[0].text, 200)}"
    cures = [debug, interface] if system else [debug]
    if small:
        message += f"; shared memory has {shm_mib} MiB in this container"
        cures.insert(0, fixes.restart_container("with room in /dev/shm", shared_memory="16g"))
    because = errors.receipts(seen[0].signature or "")
    # the error alone names no cause, and every GPU by itself may be in order
    severity = None if small else Severity.WARNING
    yield finding(
        "gpu",
        message,
        because=because,
        cause=cause,
        fixes=cures,
        confidence="low",
        severity=severity,
    )
