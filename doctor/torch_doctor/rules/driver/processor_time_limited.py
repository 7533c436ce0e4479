"""The kernel ended the process because it had used up the time of the processor that it may have.

What it checks
    A stage of the check that was killed by SIGXCPU, or under a limit of a few seconds by SIGKILL (``ulimit -t``).
Why it matters
    Importing torch and starting CUDA take seconds of the processor by themselves. The kernel sends SIGXCPU at the soft
    limit and SIGKILL at the hard one; no exception says why.
How to fix
    Raise the limit, or submit the work where it may take longer: login nodes often have such a limit.
References
    https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ProofStep, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.rules.driver._limits import EXPLAINED, raise_limit

# A check takes less in each of its processes: where SIGKILL comes below it, the limit may be why.
_FEW_S = 20


@rule(
    "TD153",
    severity="error",
    cause="process-limits",
    breaks=("start", "import"),
    explains=EXPLAINED,
    about=("live_stages", "driver_proof"),
)
def check(
    cpu_seconds_limit: int | None = None,
    live_stages: tuple[StageResult, ...] = (),
    driver_proof: tuple[ProofStep, ...] = (),
    container: str | None = None,
    scheduler: str | None = None,
) -> Iterator[Draft]:
    few = cpu_seconds_limit is not None and cpu_seconds_limit <= _FEW_S
    signals = ("SIGXCPU", "SIGKILL") if few else ("SIGXCPU",)
    ended = [(s.stage, s.error or "") for s in live_stages if not s.ok]
    ended += [(s.step, s.error or "") for s in driver_proof if s.cut]
    for stage, error in ended:
        if any(f"killed by {signal}" in error for signal in signals):
            allowed = "" if cpu_seconds_limit is None else f" of {cpu_seconds_limit} s (ulimit -t)"
            message = f"the process was ended in the stage {stage}: it had used up its time of the processor{allowed}"
            cures = raise_limit("t", "--ulimit cpu=-1", container, scheduler)
            yield finding("host", message, fixes=cures)
            return
