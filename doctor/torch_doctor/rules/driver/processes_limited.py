"""The user or the container may start too few threads.

What it checks
    An error that says so (no new thread, resource temporarily unavailable), beside ``ulimit -u`` (RLIMIT_NPROC) and the
    limit of the control group (pids.max).
Why it matters
    torch, BLAS and CUDA start threads, some for each core; without them the import or the first kernel fails.
How to fix
    Raise the limit, or start fewer threads (OMP_NUM_THREADS).
References
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
    https://docs.kernel.org/admin-guide/cgroup-v2.html#pid
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.driver._limits import EXPLAINED, all_ran, raise_limit

_WORDS = (
    r"can't start new thread|pthread_create (?:has )?failed|thread creation failed"
    r"|fork: (?:retry: )?resource temporarily unavailable|blas_thread_init"
)
# So few are less than one for each core and library.
_FEW = 4096


@rule(
    "TD150",
    severity="error",
    cause="process-limits",
    breaks=("start", "import"),
    explains=EXPLAINED,
)
def check(
    errors: Errors,
    processes_limit: int | None = None,
    cgroup_processes: int | None = None,
    address_space_kib: int | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    container: str | None = None,
    scheduler: str | None = None,
) -> Iterator[Draft]:
    seen = errors.matching(_WORDS)
    if not seen or address_space_kib is not None:  # a thread needs addresses for its stack, too
        return
    named = {"ulimit -u": processes_limit, "pids.max": cgroup_processes}
    small = [f"{name} is {value}" for name, value in named.items() if (value or _FEW) < _FEW]
    message = f"no more threads can be started: {one_line(seen[0].text, 200)}"
    message += f"; {' and '.join(small)}" if small else ""
    cures = raise_limit("u", "--pids-limit=-1", container, scheduler)
    cures.append(fixes.set_variable("OMP_NUM_THREADS", "1", "fewer threads are started"))
    severity = Severity.WARNING if all_ran(kernel_results) else None
    yield finding("host", message, severity=severity, fixes=cures)
