"""Other programs hold nearly all memory of the GPUs.

What it checks
    Free memory against the few hundred MiB that a CUDA context and torch's libraries need, and what was refused.
Why it matters
    The first CUDA call fails with "out of memory", whatever the program is.
How to fix
    End the programs that hold the memory, or choose a GPU that has some left.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import ran_on
from torch_doctor.core.records import Gpu, KernelResult, ProofStep, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.masks import read_mask

# A cautious floor, not a measurement: what a CUDA context and torch's libraries take depends on the GPU.
CONTEXT_MIB = 300
# Once a first allocation failed, less than this free is why: a context on the largest GPUs needs over 600 MiB.
NEARLY_FULL_MIB = 1500
OUT_OF_MEMORY = "out of memory"


@rule("TD209", severity="error", cause="gpu-busy", explains=("TD117", "TD409", "TD971", "TD975"))
def check(
    gpus: tuple[Gpu, ...],
    live_stages: tuple[StageResult, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_visible_devices: str | None = None,
    driver_proof: tuple[ProofStep, ...] = (),
) -> Iterator[Draft]:
    failed = any(not s.ok and OUT_OF_MEMORY in (s.error or "").lower() for s in live_stages)
    failed = failed or any(OUT_OF_MEMORY in (r.error or "").lower() for r in kernel_results)
    failed = failed or any(OUT_OF_MEMORY in (s.error or "").lower() for s in driver_proof)
    least = NEARLY_FULL_MIB if failed else CONTEXT_MIB
    full = [gpu for gpu in gpus if _free(gpu) is not None and (_free(gpu) or 0) < least]
    full = [gpu for gpu in full if not ran_on(gpu.index, kernel_results, gpu.uuid)]
    if cuda_visible_devices is not None:
        visible = read_mask(cuda_visible_devices, gpus).visible
        full = [gpu for gpu in full if str(gpu.index) in visible]
    for gpu in full:
        see = fixes.by_hand("see which programs hold the memory, and end them", "nvidia-smi")
        roomy = [other.index for other in gpus if other not in full]
        cures = [see]
        if roomy:
            why = "a GPU with room"
            cures.insert(0, fixes.set_variable("CUDA_VISIBLE_DEVICES", str(roomy[0]), why))
        message = f"GPU {gpu.index} has {_free(gpu)} MiB of {gpu.memory_mib} MiB free"
        message += ": not enough for a CUDA context and torch"
        # A GPU that is merely busy now is no fault of the host; a check that failed on it is the answer.
        severity = Severity.ERROR if failed else Severity.WARNING
        yield finding(f"gpu:{gpu.index}", message, severity=severity, fixes=cures)


def _free(gpu: Gpu) -> int | None:
    if gpu.memory_mib is None or gpu.memory_used_mib is None or gpu.mig_devices:
        return None
    return max(0, gpu.memory_mib - gpu.memory_used_mib)
