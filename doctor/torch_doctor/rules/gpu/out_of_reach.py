"""The kernel driver has a GPU whose device file is not there, or closed to this user.

What it checks
    The GPUs that the kernel driver lists under /proc against the device files that this process may open.
Why it matters
    The other GPUs work, and this one is missing from nvidia-smi and from torch without a word. A container that was
    given a part of the GPUs is meant to be so; one that asked for all of them is not.
How to fix
    Start the container again with its runtime's GPU option; on the host have the device files made again.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import DeviceNode
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, plural
from torch_doctor.fixes import actions as fixes


@rule("TD223", severity="warning", cause="container-without-gpu-runtime", about=("kernel_gpus",))
def check(
    kernel_gpus: tuple[str, ...],
    device_nodes: tuple[DeviceNode, ...],
    container: str | None = None,
    scheduler: str | None = None,
    nvidia_visible_devices: str | None = None,
) -> Iterator[Draft]:
    there = {node.path: node.readable and node.writable for node in device_nodes}
    missing = [path for path in kernel_gpus if not there.get(path)]
    # Where none can be reached, nothing starts: that is another rule's.
    if not missing or len(missing) == len(kernel_gpus):
        return
    count = plural(len(kernel_gpus), "GPU")
    message = f"the kernel driver has {count}, and {listing(missing)} cannot be opened"
    if container or scheduler:
        meant = nvidia_visible_devices != "all"
        again = fixes.restart_container("again, with every device file of its GPUs")
        severity = Severity.NOTE if meant else None
        yield finding("gpu", message, severity=severity, fixes=[] if scheduler else [again])
        return
    command = f"sudo nvidia-modprobe -c={missing[0].removeprefix('/dev/nvidia')}"
    make = fixes.by_hand("make the device file", command, scope="host", root=True)
    yield finding("gpu", message, cause="no-driver-or-module", fixes=[make])
