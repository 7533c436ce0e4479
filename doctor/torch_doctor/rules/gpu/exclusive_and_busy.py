"""A GPU takes one program at a time, and another program has it.

What it checks
    Compute mode exclusive-process with a program on the GPU; CUDA's answer 46, busy or unavailable.
Why it matters
    Every further program is refused on that GPU, unless all of them go through MPS.
How to fix
    Wait for the other program, use another GPU, or set the mode to default.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#compute-modes
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import seen_to_run
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._usable import or_another

DEVICE_UNAVAILABLE = 46


@rule(
    "TD207",
    severity="error",
    cause="gpu-busy",
    breaks="start",
    explains=("TD971",),
    about=("gpus",),
)
def check(
    gpus: tuple[Gpu, ...],
    cuda_init: ApiStatus | None = None,
    cuda_mps_pipe_directory: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    driver_proof: tuple[ProofStep, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    refused = cuda_init is not None and cuda_init.code == DEVICE_UNAVAILABLE
    refused = refused or bool(errors.numbered(DEVICE_UNAVAILABLE))
    refused = refused or any(step.code == DEVICE_UNAVAILABLE for step in driver_proof)
    ran = seen_to_run(kernel_results)
    for gpu in gpus:
        exclusive = gpu.compute_mode in ("exclusive-process", "exclusive-thread")
        if not exclusive or ran(gpu):
            continue
        # Where MPS is meant to be used, the program on the GPU is its server.
        if not refused and (not gpu.processes or cuda_mps_pipe_directory is not None):
            continue
        holders = f", and {plural(gpu.processes, 'program')} on it" if gpu.processes else ""
        message = f"GPU {gpu.index} is in compute mode {gpu.compute_mode}{holders}"
        message += ": CUDA answers 46" if refused else ": other programs are refused"
        share = fixes.by_hand(
            "let programs share the GPU",
            f"sudo nvidia-smi -i {gpu.index} -c DEFAULT",
            scope="host",
            root=True,
        )
        see = fixes.by_hand(
            f"see which program has GPU {gpu.index}, which takes one process at a time ({gpu.compute_mode}); end it if "
            f"it is a leftover of yours, else wait for it{or_another(gpu, gpus)}",
            f"nvidia-smi -i {gpu.index} -q -d COMPUTE,PIDS",
        )
        severity = None if refused else Severity.WARNING
        because = errors.receipts("cuda_46_busy")
        subject = f"gpu:{gpu.index}"
        yield finding(subject, message, because=because, severity=severity, fixes=[see, share])
