"""This Windows is too old to give WSL a GPU.

What it checks
    The build number of Windows under WSL against 19044 (Windows 10 21H2).
Why it matters
    Older builds have no GPU for WSL: no driver helps.
How to fix
    Update Windows, or run PyTorch in Windows itself.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

FIRST_BUILD = 19044


@rule(
    "TD653",
    severity="error",
    cause="wsl",
    explains=("TD110", "TD111", "TD117", "TD120", "TD123", "TD409", "TD651", "TD656"),
)
def check(
    wsl: bool,
    windows_build: int,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not wsl or windows_build >= FIRST_BUILD or cuda_started(kernel_results, cuda_available):
        return
    update = fixes.by_hand("update Windows to 10 21H2 (build 19044) or 11", scope="host", root=True)
    native = fixes.by_hand("or install PyTorch in Windows itself: GPUs work there")
    message = (
        f"Windows build {windows_build} has no GPU for WSL: that came with build {FIRST_BUILD}"
    )
    yield finding("driver", message, fixes=[update, native])
