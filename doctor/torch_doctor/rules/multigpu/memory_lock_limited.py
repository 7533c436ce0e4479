"""InfiniBand needs more locked memory than this process may have.

What it checks
    An error of ibv_reg_mr or about memlock; or RDMA devices beside a small limit of locked memory, on a
    host with several GPUs, for a user who is not root.
Why it matters
    NCCL registers its buffers with the network card; the limit stops it, and jobs over several hosts
    fail or fall back to slow sockets.
How to fix
    Raise the limit to unlimited for the job: --ulimit memlock=-1 in a container.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

# The kernel's default is 64 KiB, later 8 MiB; NCCL registers hundreds of MiB.
ENOUGH_KIB = 1 << 20
_WORDS = r"ibv_reg_mr\w* failed|ulimit -l|RLIMIT_MEMLOCK|memlock limit"


@rule("TD707", severity="warning", about=("rdma_devices", "errors"))
def check(
    memlock_kib: int | None = None,
    rdma_devices: int = 0,
    gpus: tuple[Gpu, ...] = (),
    container: str | None = None,
    effective_uid: int | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    limited = memlock_kib is not None and memlock_kib < ENOUGH_KIB and effective_uid != 0
    if not errors.matching(_WORDS) and not (limited and rdma_devices and len(gpus) > 1):
        return
    if container:
        why = "with the right to lock memory"
        cure = fixes.restart_container(why, memory_lock=True)
    else:
        cure = fixes.by_hand(
            "raise the limit for the users of the cluster, then log in again",
            "printf '* soft memlock unlimited\\n* hard memlock unlimited\\n' "
            "| sudo tee /etc/security/limits.d/rdma.conf",
            scope="host",
            root=True,
        )
    limit = f" ({memlock_kib} KiB)" if memlock_kib is not None else ""
    message = f"the limit of locked memory{limit} is too small for NCCL over InfiniBand"
    yield finding("host", message, fixes=[cure])
