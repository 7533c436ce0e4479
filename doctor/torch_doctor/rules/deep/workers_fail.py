"""DataLoader workers cannot hand over their batches.

What it checks
    Two DataLoader workers that pass batches of 16 MiB through shared memory, four at a time.
Why it matters
    Training stops with "bus error" or "killed by signal" as soon as batches are of a usual size.
How to fix
    Give the container more shared memory; without that, num_workers=0 or file_system sharing.
References
    https://docs.pytorch.org/docs/stable/data.html#multi-process-data-loading
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.deep._reading import quoted

_SHM = regex(r"bus error|SIGBUS|shared memory|no space left|\bshm\b", re.IGNORECASE)


@rule("TD960", severity="warning", explains=("TD610",))
def check(
    deep_results: tuple[DeepResult, ...], shm_mib: int | None = None, container: str | None = None
) -> Iterator[Draft]:
    bad = ("failed", "wrong", "hung", "crashed")
    for result in deep_results:
        if result.stage != "workers" or result.status not in bad:
            continue
        full = _SHM.search(result.error or "") is not None
        size = f" (/dev/shm has {shm_mib} MiB)" if shm_mib is not None else ""
        alone = fixes.by_hand("load in the main process: DataLoader(num_workers=0)")
        cures = [alone]
        if full and container:
            room = "with room in /dev/shm (or --ipc=host)"
            cures.insert(0, fixes.restart_container(room, shared_memory="16g"))
        elif full:
            cures.insert(0, fixes.by_hand("make room in /dev/shm", "df -h /dev/shm"))
        message = f"DataLoader workers fail{size}: {quoted(result)}"
        subject = "container" if container else "host"
        yield finding(subject, message, cause="nccl-shm-too-small" if full else None, fixes=cures)
