"""NVML gave no answer: it did not return in time, or it ended the program that asked it.

What it checks
    Whether the child that asks NVML had to be ended, or was ended by NVML (a signal such as SIGSEGV), and during
    which call. A code that NVML returns is an answer, which other rules read.
Why it matters
    A call that does not return is how a GPU or its firmware looks when it hangs; every monitoring tool
    and nvidia-smi hang with it. It can also be a driver that takes long to wake its GPUs. A call that
    ends its program does so in each of these tools: its library is damaged or not the driver's own, or memory is short.
How to fix
    Where it hangs, ask again with persistence mode on; if it hangs again, read the kernel log and reset the GPU. Where
    it crashes, see whether nvidia-smi does, too; then install the driver's libraries anew.
References
    https://docs.nvidia.com/deploy/driver-persistence/index.html
    https://docs.nvidia.com/deploy/nvml-api/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.finding import Action
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.fixes import actions as fixes


@rule("TD132", severity="warning", cause="driver-state-needs-reboot")
def check(nvml_status: Fact[Any], gpus: Fact[Any], wsl: bool | None = None) -> Iterator[Draft]:
    silent = [fact for fact in (nvml_status, gpus) if isinstance(fact, Unavailable)]
    late = [fact for fact in silent if fact.reason is Reason.TIMEOUT]
    ended = [fact for fact in silent if _ended(fact)]
    if late:
        detail = late[0].detail or "the call did not return"
        cures = [fixes.by_hand("run wsl --shutdown in Windows")] if wsl else _awake()
        yield finding("driver", f"NVML did not answer in time: {detail}", fixes=cures)
    elif ended:
        message = f"NVML ends the program that asks it: {ended[0].detail or 'no word of how'}"
        yield finding("driver", message, cause="unexplained", fixes=[_compare()])


def _ended(fact: Unavailable) -> bool:
    """Whether its program was ended; of a code that NVML returned, or a library not loaded, NVML is the source."""
    return fact.reason is Reason.CRASHED and fact.source.kind == "child"


def _awake() -> list[Action]:
    again, look = "keep the driver awake and ask again", "read whether a GPU or its firmware hangs"
    log = "sudo dmesg | grep -iE 'xid|nvrm|gsp'"
    return [
        fixes.by_hand(again, "sudo nvidia-smi -pm 1", scope="host", root=True),
        fixes.by_hand(look, log, scope="host", root=True),
    ]


def _compare() -> Action:
    text = "see whether nvidia-smi, which asks the same library, crashes, too: then install the driver's libraries anew"
    return fixes.by_hand(text, "nvidia-smi", scope="host")
