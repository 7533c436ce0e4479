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

import re
from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_SIZE = r"([\d.]+) ([KMG])iB"
_OLDER = (
    rf"GPU (?P<gpu>\d+); {_SIZE} total capacity; (?:{_SIZE} already allocated; )?{_SIZE} free; "
    rf"{_SIZE} (?:reserved|cached)"
)
_NEWER = (
    rf"GPU (?P<gpu>\d+) has a total capac\w+ of {_SIZE} of which {_SIZE} is free\b.{{0,400}}?"
    rf"this process has {_SIZE} memory in use"
)
_MIB = {"K": 1 / 1024, "M": 1.0, "G": 1024.0}
# A CUDA context and its libraries, which the older message does not count for the program.
_CONTEXT_MIB = 1500
_MUCH = 0.4


class _Memory(NamedTuple):
    """What a message says of a GPU, in MiB: its memory, and what neither was free nor the program's own."""

    gpu: str
    total: float
    others: float


@rule("TD225", severity="error", cause="gpu-busy", breaks="cuda")
def check(errors: Errors) -> Iterator[Draft]:
    for form in (_OLDER, _NEWER):
        for seen in errors.matching(form):
            memory = _read(form, seen.text)
            if memory is None or memory.others < _MUCH * memory.total:
                continue
            held, total = (f"{size / 1024:.1f} GiB" for size in (memory.others, memory.total))
            see = "see which processes hold it (an earlier run, a notebook, another user), and end them"
            yield finding(
                f"gpu:{memory.gpu}",
                f"other programs held about {held} of the {total} of GPU {memory.gpu} when memory ran out",
                fixes=[fixes.by_hand(see, "nvidia-smi", scope="host")],
                confidence="medium",
            )
            return


def _read(form: str, text: str) -> _Memory | None:
    match = re.search(form, text, re.DOTALL)
    if match is None:
        return None
    sizes = [float(number) * _MIB[unit] for number, unit in re.findall(_SIZE, match[0])]
    older = form is _OLDER
    free, own = sizes[-2] if older else sizes[1], sizes[-1] + (_CONTEXT_MIB if older else 0)
    if match[0].endswith("cached"):
        own += sizes[1]  # until 1.3 what was cached came on top of what was allocated
    return _Memory(match["gpu"], sizes[0], sizes[0] - free - own)
