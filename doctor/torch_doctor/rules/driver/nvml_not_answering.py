"""NVML did not answer in time.

What it checks
    Whether the child that asks NVML had to be ended, and during which call.
Why it matters
    A call that does not return is how a GPU or its firmware looks when it hangs; every monitoring tool
    and nvidia-smi hang with it. It can also be a driver that takes long to wake its GPUs.
How to fix
    Ask again with persistence mode on; if it hangs again, read the kernel log and reset the GPU.
References
    https://docs.nvidia.com/deploy/driver-persistence/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.fixes import actions as fixes


@rule("TD132", severity="warning", cause="driver-state-needs-reboot")
def check(nvml_status: Fact[Any], gpus: Fact[Any], wsl: bool | None = None) -> Iterator[Draft]:
    late = [fact for fact in (nvml_status, gpus) if _timed_out(fact)]
    if not late:
        return
    again = fixes.by_hand(
        "keep the driver awake and ask again",
        "sudo nvidia-smi -pm 1",
        scope="host",
        root=True,
    )
    look = fixes.by_hand(
        "read whether a GPU or its firmware hangs",
        "sudo dmesg | grep -iE 'xid|nvrm|gsp'",
        scope="host",
        root=True,
    )
    detail = next((fact.detail for fact in late if isinstance(fact, Unavailable)), "")
    message = f"NVML did not answer in time: {detail or 'the call did not return'}"
    cures = [fixes.by_hand("run wsl --shutdown in Windows")] if wsl else [again, look]
    yield finding("driver", message, fixes=cures)


def _timed_out(fact: Fact[Any]) -> bool:
    return isinstance(fact, Unavailable) and fact.reason is Reason.TIMEOUT
