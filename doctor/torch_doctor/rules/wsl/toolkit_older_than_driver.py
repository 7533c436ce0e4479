"""A container on Windows lacks a library of the driver, because the container toolkit does not know of it.

What it checks
    CUDA's answer 500 (named symbol not found) where it starts, in a container or inside WSL.
Why it matters
    Windows' drivers have had one library more since R555; a toolkit that does not mount it leaves CUDA without a start,
    while nvidia-smi works.
How to fix
    Update Docker Desktop (to 4.31), or the NVIDIA Container Toolkit inside WSL (to 1.14.4), and restart WSL.
References
    https://github.com/NVIDIA/nvidia-container-toolkit/issues/520
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD659", severity="error", cause="wsl", breaks="start", explains=("TD433",))
def check(
    errors: Errors,
    wsl: bool | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not errors.of("cuda_500_not_found") or cuda_started(kernel_results, cuda_available):
        return
    where = f"this {container} container" if container else "WSL" if wsl else "the container"
    update = fixes.by_hand(
        "update Docker Desktop to 4.31 or newer, then restart WSL (without it: the NVIDIA Container Toolkit "
        "inside WSL, to 1.14.4 or newer)",
        "wsl.exe --update",
        "wsl.exe --shutdown",
        scope="host",
    )
    message = (
        f"CUDA does not start in {where} (error 500): a library of Windows' driver is not mounted"
    )
    because = errors.receipts("cuda_500_not_found")
    yield finding("driver", message, because=because, fixes=[update], confidence="medium")
