"""WSL runs out of room for this many GPUs.

What it checks
    Under WSL: "out of memory" (error 2) as CUDA's answer to how many GPUs there are.
Why it matters
    WSL maps the memory of every GPU; with several large ones the first CUDA call fails, although no
    memory is in use. Which number works depends on the machine.
How to fix
    Show fewer GPUs to the program, or run on Linux itself.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

OUT_OF_MEMORY = 2
_AT_START = r"cudaGetDeviceCount|cuInit|NumCudaDevices|CUDA initialization"


@rule("TD654", severity="error", cause="wsl", breaks="start", explains=("TD209",), about=("wsl",))
def check(
    wsl: bool,
    gpus: tuple[Gpu, ...] = (),
    cuda_init: ApiStatus | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not wsl or cuda_started(kernel_results, cuda_available) or len(gpus) == 1:
        return
    at_start = {seen.text for seen in errors.matching(_AT_START)}
    at_start_of_many = any(seen.text in at_start for seen in errors.numbered(OUT_OF_MEMORY))
    at_start_of_many = at_start_of_many or (
        cuda_init is not None and cuda_init.code == OUT_OF_MEMORY
    )
    if not at_start_of_many:
        return
    some = str(max(1, len(gpus) - 1)) if gpus else "fewer"
    mask = ",".join(str(index) for index in range(max(1, len(gpus) - 1)))
    fewer = fixes.set_variable("CUDA_VISIBLE_DEVICES", mask, f"try {some} of them, then fewer")
    linux = fixes.by_hand(
        "for all of them run Linux on the machine itself", scope="host", root=True
    )
    count = f" with {plural(len(gpus), 'GPU')}" if gpus else ""
    message = f"CUDA answers 2 (out of memory) at its start under WSL{count}: too many GPUs for WSL"
    yield finding("driver", message, fixes=[fewer, linux])
