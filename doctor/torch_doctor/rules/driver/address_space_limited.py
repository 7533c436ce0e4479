"""The address space of the process is limited, and CUDA reserves more than that.

What it checks
    ``ulimit -v`` (RLIMIT_AS) beside what failed for want of memory: cuInit, a context, a library, the import of torch.
    Where nothing was tried, beside the memory of the GPUs.
Why it matters
    CUDA gives host and GPU memory one range of addresses, and reserves it when it starts; torch's libraries take some
    gigabytes more. Under the limit cuInit answers 2 (out of memory) while all memory is free.
How to fix
    Raise the limit, or remove it from the job script: a limit of resident memory (a control group) does what is meant.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#unified-virtual-address-space
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._limits import EXPLAINED, Met, all_ran, raise_limit

# out of memory, operating system, unknown: what reserving addresses ends in
_CODES = frozenset({2, 3, 304, 999})
_WORDS = (
    r"failed to map segment|cannot allocate memory|MemoryError|std::bad_alloc|out of memory"
    r"|cannot create shared object descriptor|can't start new thread|cannot map zero-fill pages"
)
# More than any GPU has: under it the memory of one host and its GPUs has no room.
_ROOMY_KIB = 1 << 30


@rule(
    "TD148",
    severity="error",
    cause="process-limits",
    explains=EXPLAINED,
    about=("address_space_kib",),
)
def check(
    address_space_kib: int,
    cuda_init: ApiStatus | None = None,
    driver_proof: tuple[ProofStep, ...] = (),
    torch_import_error: str | None = None,
    gpus: tuple[Gpu, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    container: str | None = None,
    scheduler: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not 0 < address_space_kib < _ROOMY_KIB or all_ran(kernel_results):
        return
    met = Met(cuda_init, driver_proof, torch_import_error, errors)
    failed = next(met.failures(_CODES, _WORDS), None)
    limit = f"the address space of the process is limited to {address_space_kib} KiB (ulimit -v)"
    cures = raise_limit("v", "--ulimit as=-1", container, scheduler)
    if failed:
        yield finding("host", f"{limit}, too little for CUDA: {failed}", fixes=cures)
    elif gpus and not cuda_started(kernel_results, cuda_available):
        memory = sum(gpu.memory_mib or 0 for gpu in gpus)
        if address_space_kib < memory << 10:
            message = (
                f"{limit}, less than the memory of the GPUs, for which CUDA reserves addresses"
            )
            yield finding("host", message, severity=Severity.WARNING, fixes=cures)
