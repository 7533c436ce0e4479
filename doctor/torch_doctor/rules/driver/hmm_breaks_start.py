"""cuInit answers 3 although NVML works: nvidia_uvm could not set up HMM on this kernel.

What it checks
    cuInit's answer 3 beside a working NVML, the open kernel module and nvidia_uvm's HMM.
Why it matters
    On some kernels the place that the kernel chose for its own memory (KASLR) leaves HMM no room; every
    CUDA program fails, and whether it does can change from boot to boot.
How to fix
    Load nvidia_uvm without HMM. A newer driver, or a boot with nokaslr, helps too.
References
    https://github.com/NVIDIA/open-gpu-kernel-modules/issues/947
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

CUDA_NOT_INITIALIZED = 3
_CONF = "/etc/modprobe.d/nvidia-uvm.conf"


@rule("TD126", severity="error", cause="driver-state-needs-reboot", breaks="start")
def check(
    kernel_module: KernelModule,
    nvml_status: ApiStatus,
    cuda_init: ApiStatus,
    uvm_hmm: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or uvm_hmm is False:
        return
    if cuda_init.code != CUDA_NOT_INITIALIZED or nvml_status.code != 0:
        return
    if kernel_module.flavour != "open":
        return
    option = f"echo 'options nvidia_uvm uvm_disable_hmm=1' | sudo tee {_CONF}"
    off = fixes.reload_uvm("load nvidia_uvm without HMM", option)
    message = (
        "cuInit answers 3 while NVML works: with the open modules this is nvidia_uvm's HMM, "
        "which finds no room on this kernel"
    )
    cures = [off, fixes.reboot("if the module cannot be reloaded")]
    because = errors.receipts("cuda_3_not_initialized_hmm")
    yield finding("driver", message, because=because, fixes=cures, confidence="medium")
