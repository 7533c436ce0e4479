"""Another cuBLAS than torch's own comes first.

What it checks
    Which libcublas.so the loader takes (or the live process had mapped) against the wheel that torch brings.
    LD_LIBRARY_PATH and LD_PRELOAD come before the paths in torch's own libraries.
Why it matters
    libcublas and libcublasLt of two releases do not work together: CUBLAS_STATUS errors or missing
    symbols in every matrix product.
How to fix
    Take the other copy out of the loader's way: unset the variable, or remove its directory from ld.so.conf.
References
    https://docs.nvidia.com/cuda/cublas/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.libraries._intruder import COPIES, Copies, misplaced

_HARM = (
    r"CUBLAS_STATUS_(?!ALLOC)|undefined symbol: cublas|libcublas\S*: (?:undefined|cannot|version)"
)


@rule(
    "TD751",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    explains=("TD432",),
    about=COPIES,
)
def check(facts: Copies) -> Iterator[Draft]:
    yield from misplaced("cublas", _HARM, facts)
