"""CUDA_DEVICE_ORDER holds a word that is no order, and the driver refuses to start.

What it checks
    The variable, beside what cuInit answers or torch says: all but FASTEST_FIRST and PCI_BUS_ID made a driver
    of branch 580 answer 101 (invalid device).
Why it matters
    No program finds a GPU, while nvidia-smi, which does not read the variable, lists them all.
How to fix
    Unset the variable, or set one of the two orders.
References
    https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/environment-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_ORDERS = ("FASTEST_FIRST", "PCI_BUS_ID")
_REFUSED = 101
_UNFILLED = r"\$[\w{(]|%\w+%"
_WORDS = r"invalid device ordinal|CUDA_ERROR_INVALID_DEVICE|Error 101\b"


@rule(
    "TD318",
    severity="error",
    cause="environment-variable",
    breaks="start",
    explains=("TD706", "TD971"),
    about=("cuda_device_order",),
)
def check(
    cuda_device_order: str,
    cuda_init: ApiStatus | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_device_order.strip().upper() in ("", *_ORDERS):
        return
    if re.search(_UNFILLED, cuda_device_order):
        return  # what the shell puts there is not told
    if cuda_started(kernel_results, cuda_available):
        return
    refused = cuda_init is not None and cuda_init.code == _REFUSED
    if not (refused or (cuda_init is None and errors.matching(_WORDS))):
        return
    shown = one_line(cuda_device_order, 60)
    message = f"CUDA_DEVICE_ORDER={shown!r} is no order: the driver knows {' and '.join(_ORDERS)}"
    unset = fixes.unset_variable("CUDA_DEVICE_ORDER", "the driver has an order of its own")
    yield finding("environment", message, fixes=[unset])
