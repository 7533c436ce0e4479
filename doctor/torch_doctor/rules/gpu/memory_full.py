"""Other programs hold nearly all memory of the GPUs.

What it checks
    Free memory against the few hundred MiB that a CUDA context and torch's libraries need, and what was refused.
    In a report: "out of memory" of CUDA itself, not of torch's allocator, and the program's GPU is full.
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
from torch_doctor.core.observed import seen_to_run
from torch_doctor.core.records import Gpu, KernelResult, ProofStep, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.masks import read_mask
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

# A cautious floor, not a measurement: what a CUDA context and torch's libraries take depends on the GPU.
CONTEXT_MIB = 300
# Once a first allocation failed, less than this free is why: a context on the largest GPUs needs over 600 MiB.
NEARLY_FULL_MIB = 1500
OUT_OF_MEMORY = "out of memory"
_OF_CUDA = r"CUDA (?:runtime )?error(?: \(2\))?\W{1,3}out of memory|Error 2: out of memory|CUDA_ERROR_OUT_OF_MEMORY"
_OF_ALLOCATOR = r"Tried to allocate|already allocated|reserved (?:in total )?by PyTorch"


@rule("TD209", severity="error", cause="gpu-busy", breaks="start", explains=("TD971", "TD975"))
def check(
    gpus: tuple[Gpu, ...],
    live_stages: tuple[StageResult, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_visible_devices: str | None = None,
    driver_proof: tuple[ProofStep, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    failures = [stage.error for stage in live_stages if not stage.ok]
    failures += [one.error for one in kernel_results] + [step.error for step in driver_proof]
    failed = any(OUT_OF_MEMORY in (text or "").lower() for text in failures)
    least = NEARLY_FULL_MIB if failed else CONTEXT_MIB
    ran = seen_to_run(kernel_results)
    full = [gpu for gpu in gpus if _free_mib(gpu) < least and not ran(gpu)]
    if cuda_visible_devices is not None:
        visible = read_mask(cuda_visible_devices, gpus).visible
        full = [gpu for gpu in full if str(gpu.index) in visible]
    taken = () if failed else _refused(gpus, cuda_visible_devices, errors)
    failed, full = failed or bool(taken), [*taken] or full
    for gpu in full:
        roomy = [other.index for other in gpus if other not in full]
        cures = [fixes.by_hand("see which programs hold the memory, and end them", "nvidia-smi")]
        if roomy:
            why = "a GPU with room"
            cures.insert(0, fixes.set_variable("CUDA_VISIBLE_DEVICES", str(roomy[0]), why))
        message = f"GPU {gpu.index} has {_free_mib(gpu)} MiB of {gpu.memory_mib} MiB free"
        message += ": not enough for a CUDA context and torch"
        # A GPU that is merely busy now is no fault of the host; a check that failed on it is the answer.
        severity = Severity.ERROR if failed else Severity.WARNING
        yield finding(f"gpu:{gpu.index}", message, severity=severity, fixes=cures)


def _refused(gpus: tuple[Gpu, ...], mask: str | None, errors: Errors) -> tuple[Gpu, ...]:
    """Return the GPU that a program takes, the first that it sees, where CUDA refused it memory and it is full."""
    if not errors.matching(_OF_CUDA) or errors.matching(_OF_ALLOCATOR):
        return ()
    first = read_mask(mask or "0", gpus).visible[:1]
    short = [gpu for gpu in gpus if _free_mib(gpu) < NEARLY_FULL_MIB]
    return tuple(gpu for gpu in short if str(gpu.index) in first)


def _free_mib(gpu: Gpu) -> float:
    total, used = gpu.memory_mib, gpu.memory_used_mib
    known = total is not None and used is not None and not gpu.mig_devices
    return max(0, (total or 0) - (used or 0)) if known else float("inf")
