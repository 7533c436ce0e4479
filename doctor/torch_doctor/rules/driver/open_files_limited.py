"""The process may open too few files for CUDA to start.

What it checks
    ``ulimit -n`` (RLIMIT_NOFILE) beside what failed: cuInit, a context, the start of the process that asks the driver,
    or an error that says "too many open files".
Why it matters
    Each context opens the device files of the driver again and again; where no more can be opened, CUDA answers "busy
    or unavailable" or "unknown error" on a GPU that is free.
How to fix
    Raise the limit in the shell or job; most systems allow 1024 or more.
References
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.rules.driver._limits import EXPLAINED, NOTHING_MET, Met, not_started

# How CUDA words a device file that could not be opened.
_CODES = frozenset({2, 3, 46, 100, 101, 304, 801, 802, 999})
_WORDS = r"too many open files|\bEMFILE\b|\berrno 24\b"
_HINTS = r"busy or unavailable|CUDA unknown error|device is busy|operating system call failed"
# A driver and torch's libraries need a few dozen; the usual limit is 1024.
_FEW = 256


@rule(
    "TD149",
    severity="error",
    cause="process-limits",
    breaks=("start", "import"),
    explains=EXPLAINED,
)
def check(
    driver_kernels: Fact[Any],
    open_files_limit: int | None = None,
    facts: Met = NOTHING_MET,
) -> Iterator[Draft]:
    if facts.all_ran:
        return
    few = open_files_limit is not None and open_files_limit <= _FEW
    words = f"{_WORDS}|{_HINTS}" if few else _WORDS
    failed = next(facts.failures(_CODES if few else frozenset(), words), None)
    failed = failed or not_started(driver_kernels, _WORDS)
    if failed is None:
        return
    limit = "" if open_files_limit is None else f" to {open_files_limit} (ulimit -n)"
    message = f"the files that the process may open are limited{limit}: {failed}"
    cures = facts.raised("n", "--ulimit nofile=65536:65536")
    yield finding("host", message, fixes=cures)
