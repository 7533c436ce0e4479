"""Another cuDNN than torch's own comes first.

What it checks
    Which libcudnn.so the loader takes (or the live process had mapped) against the wheel that torch brings.
    LD_LIBRARY_PATH and LD_PRELOAD come before the paths in torch's own libraries.
Why it matters
    All parts of cuDNN must come from one release; a convolution fails, or is refused at the first call.
How to fix
    Take the other copy out of the loader's way: unset the variable, or remove its directory from ld.so.conf.
References
    https://github.com/pytorch/pytorch/issues/188892
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.libraries._intruder import COPIES, Copies, misplaced

_HARM = (
    r"CUDNN_STATUS_(?!NOT_SUPPORTED)|cuDNN version incompatibility"
    r"|libcudnn\S*: (?:undefined|cannot)|undefined symbol: cudnn"
)


@rule(
    "TD750",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    explains=("TD432", "TD759", "TD760", "TD761"),
    about=COPIES,
)
def check(facts: Copies) -> Iterator[Draft]:
    yield from misplaced("cudnn", _HARM, facts)
