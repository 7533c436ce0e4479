"""nvidia_uvm is not loaded, and CUDA cannot load it.

What it checks
    The nvidia module is loaded, nvidia_uvm is not, and cuInit (or torch) failed.
Why it matters
    nvidia-smi works without nvidia_uvm; CUDA does not. It is loaded by the first CUDA program through
    nvidia-modprobe, which must be installed and setuid root.
How to fix
    Load the module now and at every boot, or install nvidia-modprobe.
References
    https://download.nvidia.com/XFree86/Linux-x86_64/580.65.06/README/faq.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

# A stub, a refused compat library or a mismatch fail before nvidia_uvm is asked for.
_OTHER = frozenset({0, 34, 35, 802, 803, 804})


@rule(
    "TD128",
    severity="error",
    cause="no-driver-or-module",
    breaks="start",
    explains=("TD115", "TD127"),
)
def check(
    kernel_module: KernelModule,
    uvm_loaded: bool | None = None,
    cuda_init: ApiStatus | None = None,
    wsl: bool | None = None,
    jetson: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    started = cuda_started(kernel_results, cuda_available)
    if uvm_loaded is not False or wsl or jetson or started:
        return
    failed = cuda_init is not None and cuda_init.code not in _OTHER
    if not failed:
        return
    load = fixes.by_hand(
        "load nvidia_uvm, and at every boot",
        "sudo modprobe nvidia_uvm && sudo nvidia-modprobe -u -c 0",
        "echo nvidia_uvm | sudo tee /etc/modules-load.d/nvidia-uvm.conf",
        scope="host",
        root=True,
    )
    message = f"the module {kernel_module.release} is loaded without nvidia_uvm, which CUDA needs"
    yield finding("driver", message, fixes=[load])
