"""What torch says of a GPU's memory when it ran out."""

from __future__ import annotations

import re

from torch_doctor.core.tuples import NamedTuple

_SIZE = r"([\d.]+) ([KMG])iB"
_OLDER = (
    rf"GPU (?P<gpu>\d+); {_SIZE} total capacity; (?:{_SIZE} already allocated; )?{_SIZE} free; "
    rf"{_SIZE} (?:reserved|cached)"
)
_NEWER = (
    rf"GPU (?P<gpu>\d+) has a total capac\w+ of {_SIZE} of which {_SIZE} is free\b.{{0,400}}?"
    rf"this process has {_SIZE} memory in use"
)
FORMS = (_OLDER, _NEWER)
_MIB = {"K": 1 / 1024, "M": 1.0, "G": 1024.0}
# A CUDA context and its libraries, which the older message does not count for the program.
_CONTEXT_MIB = 1500


class Exhausted(NamedTuple):
    """The memory of a GPU as it ran out; *others_mib* was neither free nor the program's own."""

    gpu: str
    total_mib: float
    others_mib: float


def read(form: str, text: str) -> Exhausted | None:
    """Return what *text* says in one of the forms, or None."""
    match = re.search(form, text, re.DOTALL)
    if match is None:
        return None
    sizes = [float(number) * _MIB[unit] for number, unit in re.findall(_SIZE, match[0])]
    older = form is _OLDER
    free, own = sizes[-2] if older else sizes[1], sizes[-1] + (_CONTEXT_MIB if older else 0)
    if match[0].endswith("cached"):
        own += sizes[1]  # until 1.3 what was cached came on top of what was allocated
    return Exhausted(match["gpu"], sizes[0], sizes[0] - free - own)
