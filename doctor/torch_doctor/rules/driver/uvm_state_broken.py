"""CUDA answers 999 (or 719) while NVML works: nvidia_uvm lost its state, usually over a suspend.

What it checks
    cuInit's answer 999, or torch's "CUDA unknown error", where NVML works and the modules are there.
Why it matters
    nvidia-smi looks healthy and every CUDA program fails until nvidia_uvm is loaded afresh.
How to fix
    Reload nvidia_uvm or reboot; keep the GPU's memory over suspend so that it does not come back.
References
    https://github.com/pytorch/pytorch/issues/88639
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

CUDA_UNKNOWN = 999
_KEEP = "options nvidia NVreg_PreserveVideoMemoryAllocations=1"

_SEE = fixes.by_hand(
    "see whether /dev/nvidia-uvm is there: where the container alone lacks it, start the container again with GPUs; "
    "where its host lacks it too, sudo nvidia-modprobe -u -c=0 makes it there, and the container is started again",
    "ls -l /dev/nvidia-uvm",
)


@rule(
    "TD127",
    severity="error",
    cause="driver-state-needs-reboot",
    breaks="start",
    explains=("TD143",),
    about=("uvm_loaded", "cuda_init", "errors"),
)
def check(
    cuda_init: ApiStatus | None = None,
    nvml_status: ApiStatus | None = None,
    uvm_loaded: bool | None = None,
    container: str | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or uvm_loaded is False:
        return
    if nvml_status is not None and nvml_status.code != 0:
        return
    seen = [e for e in errors.numbered(CUDA_UNKNOWN) if "nvml" not in e.text.lower()]
    unknown_error = cuda_init.code == CUDA_UNKNOWN if cuda_init is not None else bool(seen)
    if not unknown_error:
        return
    reload = fixes.reload_uvm()
    keep = fixes.by_hand(
        "where it comes with suspend, keep the GPU's memory over it",
        f"echo '{_KEEP}' | sudo tee /etc/modprobe.d/nvidia-power.conf",
        scope="host",
        root=True,
        reboot_needed=True,
    )
    slept = any("suspend" in r.text.lower() or "sleep" in r.text.lower() for r in remarks)
    message = "CUDA answers 999 (unknown error): the state of nvidia_uvm is broken"
    message += ", as after a suspend" if slept else " (a suspend does this)"
    if container:
        message += "; or this container lacks /dev/nvidia-uvm"
    cures = [*([_SEE] if container else []), reload, fixes.reboot("if that does not help")]
    cures += [keep] if slept or not container else []
    yield finding("driver", message, because=errors.receipts("cuda_999_unknown"), fixes=cures)
