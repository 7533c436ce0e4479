"""The kernel module is loaded but its device files are missing.

What it checks
    /dev/nvidiactl and /dev/nvidia0 (and /dev/nvidia-uvm) while the kernel module is loaded.
Why it matters
    The driver library opens these files; without them it reports no driver or no device.
How to fix
    On a host, nvidia-modprobe makes them. In a container they come with the GPU option of the container runtime.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD115",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD111", "TD117", "TD409"),
)
def check(kernel_module, device_nodes, container=None, wsl=None, jetson=None, kernel_results=()) -> Iterator[Draft]:
    if container or wsl or jetson or any(result.ok for result in kernel_results):
        return
    there = {node.path for node in device_nodes}
    missing = [path for path in ("/dev/nvidiactl", "/dev/nvidia-uvm") if path not in there]
    if not any(path.removeprefix("/dev/nvidia").isdigit() for path in there):
        missing.append("/dev/nvidia0")
    if not missing:
        return
    make = fixes.by_hand(
        "create the device files",
        "sudo nvidia-modprobe -c 0 -u",
        scope="host",
        root=True,
    )
    message = f"the NVIDIA module {kernel_module.release} is loaded, but {', '.join(missing)} is missing"
    yield finding("driver", message, fixes=[make])
