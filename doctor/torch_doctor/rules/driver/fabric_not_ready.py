"""A GPU has not joined the NVLink fabric.

What it checks
    The state of the fabric registration of each GPU, as NVML gives it (Hopper and newer).
Why it matters
    Until the registration is completed, CUDA answers 802 on this GPU, even where it is the only one
    that a container or a virtual machine was given.
How to fix
    Fabric Manager (with its subnet manager on Blackwell) must run on the machine that owns the
    NVSwitches; in a container or rented machine, only its operator can start it.
References
    https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

SYSTEM_NOT_READY = 802


@rule("TD142", severity="error", cause="fabric-manager", breaks="start", about=("gpus",))
def check(
    gpus: tuple[Gpu, ...],
    cuda_init: ApiStatus | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0):
        return
    # Without cuInit's word the state alone is a warning: it also passes through these states at boot.
    refused = cuda_init is not None and cuda_init.code == SYSTEM_NOT_READY
    for gpu in gpus:
        state = gpu.fabric_state
        if state in (None, "completed", "not-supported"):
            continue
        text = "start Fabric Manager on the machine that owns the NVSwitches, then look again"
        start = "sudo systemctl restart nvidia-fabricmanager"
        if container:
            text = "ask the operator of the machine: its Fabric Manager does not run or failed"
            cure = fixes.by_hand(text, scope="host", root=True)
        else:
            cure = fixes.by_hand(text, start, scope="host", root=True)
        message = f"GPU {gpu.index} has not joined the NVLink fabric: its state is {state}"
        severity = None if refused else Severity.WARNING
        yield finding(f"gpu:{gpu.index}", message, fixes=[cure], severity=severity)
