"""Other programs held the memory of the GPU when a program was refused some.

What it checks
    The numbers in PyTorch's own message: what the GPU has, what was free, and what this program itself had.
Why it matters
    A smaller batch does not help much while another process, often an earlier run, keeps most of the memory.
How to fix
    See which processes hold it, and end them; or take another GPU.
References
    https://pytorch.org/docs/stable/notes/cuda.html#memory-management
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_MUCH = 0.4


@rule("TD225", severity="error", cause="gpu-busy", breaks="cuda")
def check(errors: Errors) -> Iterator[Draft]:
    for memory in errors.exhausted:
        if memory.others_mib < _MUCH * memory.total_mib:
            continue
        held, total = (f"{size / 1024:.1f} GiB" for size in (memory.others_mib, memory.total_mib))
        see = "see which processes hold it (an earlier run, a notebook, another user), and end them"
        yield finding(
            f"gpu:{memory.gpu}",
            f"other programs held about {held} of the {total} of GPU {memory.gpu} when memory ran out",
            fixes=[fixes.by_hand(see, "nvidia-smi", scope="host")],
            confidence="medium",
        )
        return
