"""The driver found a GPU and could not start it (RmInitAdapter failed).

What it checks
    "RmInitAdapter failed", or a BAR of the GPU without an address, in the kernel log or a pasted text, while the driver
    lists fewer GPUs than there are, or none.
Why it matters
    The GPU is on the bus and in no program: nvidia-smi does not list it.
How to fix
    Power the machine off and on. Then the firmware settings (Above 4G decoding, Resizable BAR), the
    flavour of the driver, the power supply; in a virtual machine, how the GPU is passed through.
References
    https://github.com/NVIDIA/open-gpu-kernel-modules/issues/862
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started, is_shown, places_of
from torch_doctor.core.records import Gpu, KernelEvent, KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import pci_place
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_SIGN = "rminitadapter failed"


@rule(
    "TD134",
    severity="error",
    cause="gpu-hardware",
    breaks=("start", "gpus"),
    explains=("TD204",),
    about=("kernel_events", "nvidia_smi_lists_none", "errors"),
)
def check(
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    kernel_events: tuple[KernelEvent, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    nvidia_smi_lists_none: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    events = [event for event in kernel_events if _SIGN in event.text.lower()]
    listed = places_of(gpus)
    # A GPU that is listed now was started after all: the line is of an earlier try.
    dead = [
        event for event in events if event.bus_id is None or pci_place(event.bus_id) not in listed
    ]
    bound = [gpu for gpu in pci_gpus if gpu.driver == "nvidia"]
    # words that name a GPU list none: a driver that lists it tells its place, its id or its memory
    shown = list(filter(is_shown, gpus))
    none_listed = not shown or bool(nvidia_smi_lists_none)
    failures = errors.of("rminitadapter", "bar_unassigned")
    if not (dead or failures) or not (none_listed or len(gpus) < len(bound)):
        return
    cures = [
        fixes.power_cycle("a warm reboot keeps the GPU's state"),
        fixes.by_hand(
            "enable Above 4G decoding in the firmware, and read the numbers behind the message",
            "sudo dmesg | grep -i RmInitAdapter",
            scope="host",
            root=True,
        ),
    ]
    works = not none_listed or cuda_started(kernel_results, cuda_available)
    where = f" at {dead[0].bus_id}" if dead and dead[0].bus_id else ""
    why = "RmInitAdapter failed" if dead or errors.of("rminitadapter") else "a BAR has no address"
    message = f"the driver could not start the GPU{where}: {why}"
    severity = Severity.WARNING if works else None
    because = errors.receipts("rminitadapter", "bar_unassigned")
    yield finding("gpu", message, because=because, fixes=cures, severity=severity)
