"""The memory that the process may have of its own is limited, and torch takes more than that.

What it checks
    ``ulimit -d`` (RLIMIT_DATA) beside what failed for lack of memory: the import of torch, cuInit, a context.
Why it matters
    Since Linux 4.7 the limit counts every private page that can be written, not the heap alone: torch's libraries and
    CUDA map gigabytes of them. The loader says "cannot map zero-fill pages" or "failed to map segment" then, and Python
    MemoryError.
How to fix
    Raise the limit, or remove it from the job script: a limit of resident memory (a control group) does what is meant.
References
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.rules.driver._limits import EXPLAINED, NO_MEMORY, NOTHING_MET, Met

# What a system call without memory ends in: out of memory, not initialized, operating system, unknown.
_CODES = frozenset({2, 3, 304, 999})
# With more than this torch and CUDA start: something else has no memory.
_ENOUGH_KIB = 60 << 20


@rule(
    "TD152",
    severity="error",
    cause="process-limits",
    breaks=("start", "import"),
    explains=EXPLAINED,
    about=("data_kib",),
)
def check(data_kib: int, facts: Met = NOTHING_MET) -> Iterator[Draft]:
    if not 0 < data_kib < _ENOUGH_KIB or facts.all_ran:
        return
    failed = next(facts.failures(_CODES, NO_MEMORY), None)
    if failed:
        message = f"the process may have {data_kib} KiB of its own (ulimit -d), too little for torch: {failed}"
        yield finding("host", message, fixes=facts.raised("d", "--ulimit data=-1"))
