"""Another NCCL than torch's own comes first.

What it checks
    Which libnccl.so the loader takes (or the live process had mapped) against the wheel that torch brings.
    LD_LIBRARY_PATH and LD_PRELOAD come before the paths in torch's own libraries.
Why it matters
    torch needs the symbols of the NCCL it was built with; with an older copy the import fails.
How to fix
    Take the other copy out of the loader's way: unset the variable, or remove its directory from ld.so.conf.
References
    https://github.com/NVIDIA/nccl/issues/1784
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.libraries._intruder import COPIES, Copies, misplaced

_HARM = r"undefined symbol: nccl|ncclInvalidUsage|NCCL version mismatch"


@rule(
    "TD752",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    explains=("TD756",),
    about=COPIES,
)
def check(facts: Copies) -> Iterator[Draft]:
    yield from misplaced("nccl", _HARM, facts)
