"""This user may not open the NVIDIA device files.

What it checks
    Read and write access to /dev/nvidiactl, /dev/nvidia-uvm and at least one /dev/nvidiaN.
Why it matters
    Without access the driver reports no permission, or no device at all.
How to fix
    Join the group that owns the files, or restore their mode; under a scheduler, ask for a GPU.
References
    https://download.nvidia.com/XFree86/Linux-x86_64/580.65.06/README/faq.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD116",
    severity="error",
    cause="no-driver-or-module",
    breaks="library",
    about=("device_nodes",),
)
def check(
    device_nodes: tuple[DeviceNode, ...],
    scheduler: str | None = None,
    cuda_available: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available):
        return
    closed = [node.path for node in device_nodes if not (node.readable and node.writable)]
    control = [path for path in closed if path in ("/dev/nvidiactl", "/dev/nvidia-uvm")]
    numbered = [node for node in device_nodes if node.path.removeprefix("/dev/nvidia").isdigit()]
    all_closed = bool(numbered) and all(node.path in closed for node in numbered)
    if not control and not all_closed:
        return
    cures = [
        fixes.by_hand(
            "give this user access to the device files, by the group that owns them",
            "ls -l /dev/nvidia*",
            'sudo usermod -aG "$(stat -c %G /dev/nvidiactl)" "$USER"',
            scope="host",
            root=True,
        )
    ]
    if scheduler:
        cures.insert(0, fixes.ask_scheduler(scheduler))
    shut = control or [node.path for node in numbered]
    yield finding("driver", f"no permission to open {', '.join(shut)}", fixes=cures)
