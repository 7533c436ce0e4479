"""The address space of the process is limited, and CUDA reserves more than that.

What it checks
    ``ulimit -v`` (RLIMIT_AS) beside what failed for lack of memory: cuInit, a context, a library, the import of torch.
    Where nothing was tried, a limit of a few gigabytes by itself.
Why it matters
    CUDA gives host and GPU memory one range of addresses, and reserves gigabytes of it when it starts; torch's
    libraries take some more. Under the limit cuInit answers 2 (out of memory) while all memory is free. On an H200 4 GB
    are too little, and 60 GB are enough.
How to fix
    Raise the limit, or remove it from the job script: a limit of resident memory (a control group) does what is meant.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#unified-virtual-address-space
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.rules.driver._limits import EXPLAINED, NO_MEMORY, NOTHING_MET, Met

# out of memory, operating system, unknown: what reserving addresses ends in
_CODES = frozenset({2, 3, 304, 999})
# cuInit never needs more; where anything else has no memory, a limit above the smaller one is not why.
_ROOMY_KIB, _ENOUGH_KIB = 1 << 30, 60 << 20
_TOO_LITTLE_KIB = 6 << 20


@rule(
    "TD148",
    severity="error",
    cause="process-limits",
    breaks=("start", "import"),
    explains=EXPLAINED,
    about=("address_space_kib",),
)
def check(
    address_space_kib: int, facts: Met = NOTHING_MET, gpus: tuple[Gpu, ...] = ()
) -> Iterator[Draft]:
    if not 0 < address_space_kib < _ROOMY_KIB or facts.all_ran:
        return
    little = address_space_kib < _ENOUGH_KIB
    met = facts if little else Met(facts.cuda_init)
    failed = next(met.failures(_CODES, NO_MEMORY), None)
    limit = f"the address space of the process is limited to {address_space_kib} KiB (ulimit -v)"
    cures = facts.raised("v", "--ulimit as=-1")
    if failed:
        yield finding("host", f"{limit}, too little for CUDA: {failed}", fixes=cures)
    elif gpus and address_space_kib < _TOO_LITTLE_KIB and facts.cuda_init is None:
        message = f"{limit}, of which CUDA reserves gigabytes when it starts"
        yield finding("host", message, severity=Severity.WARNING, fixes=cures)
