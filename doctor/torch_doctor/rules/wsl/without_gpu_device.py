"""WSL shows no GPU device to Linux.

What it checks
    Under WSL 2: the file /dev/dxg, through which Windows hands out its GPUs.
Why it matters
    Without it no driver library can reach a GPU.
How to fix
    Convert the distribution to WSL 2, update WSL and the driver of Windows, allow the GPU in .wslconfig, restart WSL.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import DeviceNode, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD656", severity="error", cause="wsl", breaks="driver", explains=("TD651",), about=("wsl",))
def check(
    wsl: bool,
    device_nodes: tuple[DeviceNode, ...],
    torch_variant: str | None = None,
    required_gpus: int = 0,
    gpus: tuple[Gpu, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    # what lists GPUs may be nvidia-smi of Windows, or whoever names them
    listed = bool(gpus) and cuda_available is not False
    if not wsl or listed or cuda_started(kernel_results, cuda_available):
        return
    # A machine without a GPU is no fault: somebody must want one, or have installed a build for one.
    refused = cuda_available is False and torch_variant is None
    wanted = required_gpus or torch_variant == "cuda" or refused
    if not wanted or any(node.path == "/dev/dxg" for node in device_nodes):
        return
    update = fixes.by_hand(
        "update WSL and the NVIDIA driver of Windows, then restart WSL",
        "wsl.exe --update",
        "wsl.exe --shutdown",
        scope="host",
        root=True,
    )
    convert = fixes.by_hand(
        "see which version of WSL the distribution has: 1 has no GPU, and is to be converted to 2",
        "wsl.exe -l -v",
        "wsl.exe --set-version Ubuntu 2",
        scope="host",
    )
    allow = fixes.by_hand("see that gpuSupport=false is not in %UserProfile%\\.wslconfig")
    message = "/dev/dxg is missing: Windows hands no GPU to this WSL"
    yield finding("driver", message, fixes=[convert, update, allow])
