"""This Windows is too old to give WSL a GPU.

What it checks
    The build number of Windows under WSL against 19044 (Windows 10 21H2).
Why it matters
    Older builds have no GPU for WSL: no driver helps. Before build 18362 there is WSL 1 alone.
How to fix
    Update Windows, or run PyTorch in Windows itself.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
    https://learn.microsoft.com/en-us/windows/wsl/install-manual
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

FIRST_BUILD = 19044
# Windows before this build has WSL 1 alone, and what was installed there stays WSL 1 when Windows is updated.
_FIRST_WITH_WSL_2 = 18362


@rule(
    "TD653",
    severity="error",
    cause="wsl",
    breaks="driver",
    explains=("TD120", "TD123", "TD651", "TD656"),
)
def check(
    wsl: bool,
    windows_build: int,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not wsl or windows_build >= FIRST_BUILD or cuda_started(kernel_results, cuda_available):
        return
    text = "update Windows to 10 21H2 (build 19044) or 11"
    change: tuple[str, ...] = ()
    if windows_build < _FIRST_WITH_WSL_2:
        text += (
            ", then turn the distribution into WSL 2: WSL 1, which this Windows has, reaches no GPU"
        )
        change = ("wsl.exe --set-version DISTRIBUTION 2",)
    update = fixes.by_hand(text, *change, scope="host", root=True)
    native = fixes.by_hand("install PyTorch in Windows itself: GPUs work there")
    message = (
        f"Windows build {windows_build} has no GPU for WSL: that came with build {FIRST_BUILD}"
    )
    yield finding("driver", message, fixes=[update, native])
