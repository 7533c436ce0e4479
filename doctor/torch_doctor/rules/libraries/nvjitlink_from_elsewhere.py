"""Another nvJitLink than torch's own comes first.

What it checks
    Which libnvJitLink.so the loader takes (or the live process had mapped) against the wheel that torch brings.
    LD_LIBRARY_PATH and LD_PRELOAD come before the paths in torch's own libraries.
Why it matters
    cuSPARSE needs the nvJitLink of its own toolkit or a newer one; with an older copy `import torch` fails.
How to fix
    Take the other copy out of the loader's way: unset the variable, or remove its directory from ld.so.conf.
References
    https://github.com/pytorch/pytorch/issues/134929
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.libraries._intruder import COPIES, Copies, misplaced

_HARM = r"__nvJitLink|nvJitLink"


@rule(
    "TD753",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    explains=("TD755",),
    about=COPIES,
)
def check(facts: Copies) -> Iterator[Draft]:
    yield from misplaced("nvjitlink", _HARM, facts)
