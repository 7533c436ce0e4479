"""The kernel ended the process because its control group may not have more memory.

What it checks
    A stage of the check that was killed by SIGKILL, beside the limit of the control group (memory.max).
Why it matters
    Importing torch and starting CUDA take some gigabytes of host memory; a container or job with less is killed without
    a word.
How to fix
    Ask for more memory where the container or the job is started.
References
    https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ProofStep, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.driver._limits import EXPLAINED

_KILLED = "killed by SIGKILL"
# With more than this, torch and CUDA start on any GPU: something else ended the process.
_ENOUGH_MIB = 16 << 10


@rule(
    "TD151",
    severity="error",
    cause="process-limits",
    breaks=("start", "import"),
    explains=EXPLAINED,
    about=("cgroup_memory_mib",),
)
def check(
    cgroup_memory_mib: int,
    live_stages: tuple[StageResult, ...] = (),
    driver_proof: tuple[ProofStep, ...] = (),
    container: str | None = None,
    scheduler: str | None = None,
) -> Iterator[Draft]:
    if not 0 < cgroup_memory_mib <= _ENOUGH_MIB:
        return
    killed = [s.stage for s in live_stages if not s.ok and _KILLED in (s.error or "")]
    killed += [s.step for s in driver_proof if s.cut and _KILLED in (s.error or "")]
    if killed:
        message = f"the process was killed in the stage {killed[0]}: its control group may have {cgroup_memory_mib} MiB"
        yield finding("host", message, fixes=[_more(container, scheduler)])


def _more(container: str | None, scheduler: str | None) -> Action:
    if scheduler == "slurm":
        return fixes.by_hand("ask for more memory", "sbatch --mem=32G")
    if container == "kubernetes" or scheduler == "kubernetes":
        text = "raise resources.limits.memory of the Pod"
        return fixes.by_hand(text, scope="container")
    if container:
        text = "start the container again with more memory (--memory=32g)"
        return fixes.by_hand(text, scope="container")
    text = "raise the memory limit of the slice, service or session (systemctl show -p MemoryMax)"
    return fixes.by_hand(text, scope="host", root=True)
