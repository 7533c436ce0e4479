"""CUDA refuses forward compatibility since the system was updated: the loaded module is older than its libraries.

What it checks
    In a report: error 804 outside of a container, and words that the system or its driver was updated before.
Why it matters
    The new libraries take the module of the last boot for an older driver, and try forward compatibility with it.
How to fix
    Reboot, so that the module and the libraries are of one release.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
    https://github.com/pytorch/pytorch/issues/40671
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ErrorSeen, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

COMPAT_NOT_SUPPORTED = 804
_UPDATED = regex(
    r"\b(?:system|ubuntu|debian|fedora|apt|driver|kernel|os|unattended)[- ](?:update|upgrade)s?\b"
    r"|\b(?:ran|run|did|after|installed)\b[^.]{0,30}\b(?:update|upgrade)s?\b[^.]{0,20}"
    r"\b(?:ubuntu|debian|fedora|apt|driver|kernel|system)\b",
    re.IGNORECASE,
)


@rule(
    "TD138",
    severity="error",
    cause="driver-library-version-mismatch",
    breaks="start",
    explains=("TD118", "TD120"),
)
def check(
    errors: Errors,
    remarks: tuple[ErrorSeen, ...],
    libcuda: LibraryFile | None = None,
    container: str | None = None,
    container_image: str | None = None,
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    compat = (libcuda is not None and libcuda.kind == "compat") or "compat" in (
        ld_library_path or ""
    )
    if container or container_image or compat or cuda_started(kernel_results, cuda_available):
        return
    updates = [remark for remark in remarks if _UPDATED.search(remark.text)]
    if not updates or not errors.numbered(COMPAT_NOT_SUPPORTED):
        return
    message = f"CUDA answers 804 since an update: {one_line(updates[0].text, 160)}"
    reboot = fixes.reboot("so that module and libraries are of one release")
    because = errors.receipts("cuda_804_compat")
    yield finding("driver", message, because=because, fixes=[reboot], confidence="medium")
