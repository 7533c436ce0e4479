"""Another CUDA runtime than torch's own comes first.

What it checks
    Which libcudart.so the loader takes (or the live process had mapped) against the wheel that torch brings.
    LD_LIBRARY_PATH and LD_PRELOAD come before the paths in torch's own libraries.
Why it matters
    torch calls functions of the runtime that it was built with; an older copy may lack them.
How to fix
    Take the other copy out of the loader's way: unset the variable, or remove its directory from ld.so.conf.
References
    https://docs.nvidia.com/cuda/cuda-runtime-api/version-mixing-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.libraries._intruder import COPIES, Copies, misplaced

_HARM = r"undefined symbol: (?:cuda|__cuda)|libcudart\S*: (?:undefined|version)"


@rule(
    "TD754",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    about=COPIES,
)
def check(facts: Copies) -> Iterator[Draft]:
    yield from misplaced("cuda-runtime", _HARM, facts)
