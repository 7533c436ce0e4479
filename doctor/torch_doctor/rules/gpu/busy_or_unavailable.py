"""CUDA says that the GPU is busy or unavailable.

What it checks
    CUDA's answer 46 to cuInit, to the driver proof or in an error text, where the mode is not known to be exclusive.
Why it matters
    The driver and the build are in order; another program holds the GPU, or the device is closed to this one.
How to fix
    See which program has the GPU and in which compute mode it is; end the program or let programs share it.
References
    https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ApiStatus, Gpu, KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

DEVICE_UNAVAILABLE = 46


@rule(
    "TD219",
    severity="error",
    cause="gpu-busy",
    breaks="start",
    explains=("TD971",),
    about=("cuda_init", "driver_proof", "errors"),
)
def check(
    cuda_init: ApiStatus | None = None,
    gpus: tuple[Gpu, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    driver_proof: tuple[ProofStep, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    refused = errors.numbered(DEVICE_UNAVAILABLE)
    if any(result.ok for result in kernel_results):
        return
    answers = [step.code for step in driver_proof] + [cuda_init.code if cuda_init else None]
    if not refused and DEVICE_UNAVAILABLE not in answers:
        return
    # An exclusive mode and MIG without an instance have rules of their own.
    if any(gpu.compute_mode not in (None, "default") or gpu.mig_mode for gpu in gpus):
        return
    text = f": {one_line(refused[0].text, 200)}" if refused else ""
    see = (
        "see which programs hold the GPU and in which compute mode it is; wait for them or end them"
    )
    share = "let programs share the GPU, where its compute mode is Exclusive_Process"
    yield finding(
        "gpu",
        f"the GPU is busy or closed to this program (error 46){text}",
        because=errors.receipts("cuda_46_busy"),
        fixes=[
            fixes.by_hand(see, "nvidia-smi", "nvidia-smi -q -d COMPUTE", scope="host"),
            fixes.by_hand(share, "sudo nvidia-smi -c DEFAULT", scope="host", root=True),
        ],
        confidence="medium",
    )
