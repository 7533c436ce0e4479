"""The GPU's system processor (GSP) stopped answering the driver.

What it checks
    Xid 119 and 120 in the kernel log or a pasted text. Where the driver lists a GPU all the same, or CUDA started, it
    is a warning.
Why it matters
    The GPU is wedged until it is reset: programs and nvidia-smi hang on it.
How to fix
    Reset the GPU, or power the machine off and on; then update the driver.
References
    https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started, is_shown
from torch_doctor.core.records import Gpu, KernelEvent, KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt

_GSP = (119, 120)


@rule(
    "TD805",
    severity="warning",
    cause="gpu-hardware",
    explains=("TD132", "TD203"),
    about=("kernel_events", "errors"),
)
def check(
    matrix: Matrix,
    kernel_events: tuple[KernelEvent, ...] = (),
    kernel_module: KernelModule | None = None,
    gpus: tuple[Gpu, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    events = [event for event in kernel_events if event.xid in _GSP]
    pasted = errors.matching(r"Xid \(PCI:[^)]*\): (119|120)\b")
    if not events and not pasted:
        return
    text = "reset the GPU with no program on it; power the machine off and on where that fails"
    reset = fixes.reset_gpu(None, text)
    cures = [reset, fixes.by_hand("then update the driver", scope="host", root=True)]
    if kernel_module and kernel_module.flavour == "proprietary":
        text = "if it returns: try without the GSP firmware (proprietary modules, Turing to Ada)"
        option = (
            "echo 'options nvidia NVreg_EnableGpuFirmware=0' | sudo tee /etc/modprobe.d/gsp.conf"
        )
        cures.append(fixes.by_hand(text, option, scope="host", root=True, reboot_needed=True))
    places = sorted({event.bus_id for event in events if event.bus_id})
    where = f" at {', '.join(places)}" if places else ""
    message = f"the firmware (GSP) of the GPU{where} stopped answering: Xid 119 or 120"
    answers = any(is_shown(gpu) and not gpu.lost for gpu in gpus)
    works = answers or cuda_started(kernel_results, cuda_available)
    severity = None if works else Severity.ERROR
    because = [receipt("xids", row) for row in matrix.xids if row.code in _GSP]
    yield finding("gpu", message, because=because, severity=severity, fixes=cures)
