"""NCCL does not work between the GPUs of this host.

What it checks
    An all-reduce over all GPUs, from one process and from one process a GPU, and its result; where NCCL_* variables are
    set, once with them and once without.
Why it matters
    No job over several GPUs runs here, or it computes wrong gradients. One GPU alone may work well.
How to fix
    By what it says: without the variables that break it, with room in /dev/shm, or with direct transfers off to see
    whether they are the reason.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.deep._reading import cause_of, quoted

_SHM = regex(r"no space left|shared memory|posix_fallocate|/dev/shm|bus error", re.IGNORECASE)
_SHOWN = {"wrong": "gives a wrong sum", "hung": "does not end", "crashed": "crashes"}


@rule("TD957", severity="error", cause="unexplained", explains=("TD610",))
def check(
    deep_results: tuple[DeepResult, ...],
    matrix: Matrix,
    iommu_translates: bool | None = None,
    container: str | None = None,
) -> Iterator[Draft]:
    bad = ("failed", "wrong", "hung", "crashed")
    found = [r for r in deep_results if r.stage.startswith("nccl") and r.status in bad]
    if not found:
        return
    first = found[0]
    shown = _SHOWN.get(first.status, "fails")
    stages = " and ".join(r.stage for r in found)
    cause = cause_of(first.error, matrix, None)
    direct = fixes.set_variable(
        "NCCL_P2P_DISABLE",
        "1",
        "if it works then, direct transfers between the GPUs are the reason",
    )
    cures = [direct, fixes.set_variable("NCCL_DEBUG", "INFO", "NCCL then says what it tries")]
    if _SHM.search(first.error or ""):
        cause = "nccl-shm-too-small"
        room = fixes.restart_container("with room in /dev/shm", shared_memory="16g")
        cures = [room if container else fixes.by_hand("make room in /dev/shm", "df -h /dev/shm")]
    elif any(r.stage == "nccl-default" and r.status == "ok" for r in deep_results):
        cause, shown = "environment-variable", f"{shown} with the NCCL_* variables that are set"
        stages += ", and not without them"
        without = "start without the NCCL_* variables, and set them again one by one"
        cures = [fixes.by_hand(without, "env | grep ^NCCL_")]
    elif first.status in ("wrong", "hung") and iommu_translates:
        cause, shown = "nccl-p2p-iommu-acs", f"{shown} (the IOMMU translates)"
    message = f"all-reduce over all GPUs ({stages}) {shown}: {quoted(first)}"
    yield finding("gpu", message, cause=cause, fixes=cures)
