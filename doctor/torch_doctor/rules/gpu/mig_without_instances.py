"""MIG is on and the GPU has no instance.

What it checks
    MIG mode of each GPU and the instances that the driver lists on it.
Why it matters
    In MIG mode the GPU itself takes no program: CUDA finds no device.
How to fix
    Create instances, or switch MIG off.
References
    https://docs.nvidia.com/datacenter/tesla/mig-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started, is_shown
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors


@rule(
    "TD211",
    severity="error",
    cause="mig",
    breaks=("start", "gpus"),
    explains=("TD207", "TD310"),
    about=("gpus", "errors"),
)
def check(
    gpus: tuple[Gpu, ...] = (),
    cuda_device_count: int | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    started = cuda_started(kernel_results, cuda_available)
    others = any(gpu.mig_mode is False for gpu in gpus)
    if errors.of("mig_no_instances") and not others and not started:
        words = "create instances, or switch MIG off (nvidia-smi -mig 0)"
        create = fixes.by_hand(words, "sudo nvidia-smi mig -cgi 0 -C", scope="host", root=True)
        because = errors.receipts("mig_no_instances")
        message = "MIG is on and there is no instance: CUDA cannot use the GPU"
        yield finding("gpu", message, because=because, fixes=[create])
        return
    # The driver lists a GPU with its place or memory; words ("an H100, using MIG") say nothing of instances.
    empty = [gpu for gpu in gpus if gpu.mig_mode and gpu.mig_devices == () and is_shown(gpu)]
    # Reports and some containers name the mode without listing instances: an offered device refutes.
    alone = len(empty) == len(gpus)
    if not empty or (alone and (cuda_device_count or started)):
        return
    for gpu in empty:
        create = fixes.by_hand(
            "create one instance over the whole GPU (or several: nvidia-smi mig -lgip lists the sizes)",
            f"sudo nvidia-smi mig -i {gpu.index} -cgi 0 -C",
            scope="host",
            root=True,
        )
        off = fixes.by_hand(
            "switch MIG off", f"sudo nvidia-smi -i {gpu.index} -mig 0", scope="host", root=True
        )
        message = f"MIG is on for GPU {gpu.index} and it has no instance: CUDA cannot use it"
        if container:
            message += " (this container may have been given none)"
        severity = None if alone else Severity.WARNING
        yield finding(f"gpu:{gpu.index}", message, severity=severity, fixes=[create, off])
