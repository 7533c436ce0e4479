"""A laptop's NVIDIA GPU is switched off, so that its driver finds none.

What it checks
    In a report: words that tell of a switch between two GPUs (prime-select, envycontrol, the firmware) that stands on
    the other one, beside a torch that finds no GPU.
Why it matters
    Switched off, the card is not on the bus: no driver can use it, whatever is installed.
How to fix
    Switch to the NVIDIA GPU, or to both, and log in anew or reboot.
References
    https://download.nvidia.com/XFree86/Linux-x86_64/580.65.06/README/primerenderoffload.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_FAILED = ("smi_no_comm", "smi_absent", "smi_said_to_fail", "smi_no_devices", "torch_no_driver")


@rule(
    "TD154",
    severity="error",
    cause="no-driver-or-module",
    breaks="driver",
    explains=("TD110", "TD123", "TD135", "TD144"),
    about=("module_obstacle",),
)
def check(
    module_obstacle: str,
    container: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if module_obstacle != "switched-off" or container or wsl:
        return
    if cuda_started(kernel_results, cuda_available):
        return
    if not (cuda_available is False or errors.of(*_FAILED)):
        return
    switch = fixes.by_hand(
        "switch the laptop to its NVIDIA GPU (prime-select nvidia or on-demand, envycontrol -s hybrid, or the "
        "firmware's setting), then reboot",
        "sudo prime-select nvidia",
        scope="host",
        root=True,
        reboot_needed=True,
    )
    message = "the NVIDIA GPU of this laptop is switched off: the other one alone is in use"
    yield finding("driver", message, fixes=[switch], confidence="medium")
