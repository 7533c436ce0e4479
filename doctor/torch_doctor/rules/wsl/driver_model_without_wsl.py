"""The GPU's driver model on Windows is one that WSL cannot use.

What it checks
    In a report about WSL: GPUs that nvidia-smi of Windows lists in the driver model TCC.
Why it matters
    WSL reaches GPUs through the display driver model of Windows (WDDM, or MCDM for GPUs without a display). In TCC a
    GPU works on Windows, and none of WSL's programs sees it.
How to fix
    Switch the driver model on Windows. Nothing inside WSL changes it.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
    https://docs.nvidia.com/deploy/nvidia-smi/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD658", severity="error", cause="wsl", breaks="start", explains=("TD657",), about=("gpus",))
def check(
    wsl: bool,
    gpus: tuple[Gpu, ...],
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not wsl or cuda_started(kernel_results, cuda_available):
        return
    hidden = [gpu for gpu in gpus if (gpu.driver_model or "").upper() == "TCC"]
    if not hidden or len(hidden) < len(gpus):
        return
    switch = fixes.by_hand(
        "in Windows, as administrator, switch the driver model from TCC to WDDM (MCDM where the GPU has no display), "
        "restart Windows, then WSL",
        *(f"nvidia-smi -i {gpu.index} -dm WDDM" for gpu in hidden),
        "wsl.exe --shutdown",
    )
    other = fixes.by_hand(
        "a GPU that knows TCC alone works on Windows itself or under Linux on the machine"
    )
    message = f"{hidden[0].name or 'the GPU'} is in the driver model TCC, which WSL does not see"
    yield finding("driver", message, fixes=[switch, other])
