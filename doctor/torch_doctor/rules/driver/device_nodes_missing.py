"""The kernel module is loaded but its device files are missing.

What it checks
    /dev/nvidiactl and /dev/nvidia0 (and /dev/nvidia-uvm) while the kernel modules are loaded.
Why it matters
    The driver library opens these files; without them it reports no driver or no device.
How to fix
    On a host, nvidia-modprobe makes them. In a container they come with the GPU option of the
    container runtime.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, DeviceNode, KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD115", severity="error", cause="no-driver-or-module", breaks="library")
def check(
    kernel_module: KernelModule,
    device_nodes: tuple[DeviceNode, ...],
    container: str | None = None,
    wsl: bool | None = None,
    jetson: str | None = None,
    uvm_loaded: bool | None = None,
    cuda_init: ApiStatus | None = None,
    cuda_available: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    started = cuda_started(kernel_results, cuda_available)
    if container or wsl or jetson or started or (cuda_init and cuda_init.code == 0):
        return
    there = {node.path for node in device_nodes}
    missing = [] if "/dev/nvidiactl" in there else ["/dev/nvidiactl"]
    # nvidia_uvm and its file come with the first CUDA program: only a loaded module owes the file.
    if "/dev/nvidia-uvm" not in there and (uvm_loaded is not False or missing):
        missing.append("/dev/nvidia-uvm")
    if not any(path.removeprefix("/dev/nvidia").isdigit() for path in there):
        missing.append("/dev/nvidia0")
    if not missing:
        return
    make = fixes.by_hand(
        "create the device files", "sudo nvidia-modprobe -c 0 -u", scope="host", root=True
    )
    loaded = f"the NVIDIA module {kernel_module.release} is loaded"
    are = "is" if len(missing) == 1 else "are"
    yield finding("driver", f"{loaded}, but {', '.join(missing)} {are} missing", fixes=[make])
