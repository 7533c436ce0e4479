"""A MIG slice ran out of memory, and torch's allocator fails an assertion about NVML instead of saying so.

What it checks
    The assertion ``NVML_SUCCESS == r`` of the caching allocator where a GPU is in MIG mode.
Why it matters
    After a failed allocation the allocator asks NVML how full the GPU is; under MIG it may get no answer, and the
    words speak of a bug in PyTorch.
How to fix
    Use less memory: smaller batches, a shorter context, a smaller share for a server; or take a larger slice.
References
    https://github.com/pytorch/pytorch/blob/main/c10/cuda/CUDACachingAllocator.cpp
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.gpu._slices import say_sliced

_ASSERTION = r"NVML_SUCCESS == r"


@rule("TD221", severity="error", cause="mig", breaks="start")
def check(
    errors: Errors, gpus: tuple[Gpu, ...] = (), remarks: tuple[ErrorSeen, ...] = ()
) -> Iterator[Draft]:
    sliced = say_sliced(remarks) or any(gpu.mig_mode or gpu.mig_devices for gpu in gpus)
    if not errors.matching(_ASSERTION) or not sliced:
        return
    less = fixes.by_hand(
        "use less memory: smaller batches, a shorter context (max_model_len), a lower "
        "gpu_memory_utilization; or take a larger slice"
    )
    slices = fixes.by_hand("name the slice by its UUID (MIG-…), as listed", "nvidia-smi -L")
    message = "the MIG slice is out of memory: torch asked NVML how full it is and got no answer"
    yield finding("gpu", message, fixes=[less, slices])
