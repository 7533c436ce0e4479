"""CUDA itself refuses memory inside WSL, where memory of the host that is pinned counts as well.

What it checks
    "CUDA error: out of memory" in WSL without the words of torch's allocator, which tells how much it tried to take.
Why it matters
    WSL has a part of the machine's memory, and pins no more than some of that: swap space on the CPU and pinned
    buffers fail with the words of a full GPU.
How to fix
    Ask for less pinned memory (a smaller swap space), or give WSL more memory in .wslconfig.
References
    https://learn.microsoft.com/en-us/windows/wsl/wsl-config
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_OF_CUDA = r"CUDA (?:runtime )?error(?: \(2\))?\W{1,3}out of memory|CUDA_ERROR_OUT_OF_MEMORY"
_OF_ALLOCATOR = (
    r"Tried to allocate|already allocated|reserved (?:in total )?by PyTorch|OutOfMemoryError"
)


@rule("TD661", severity="warning", cause="wsl")
def check(errors: Errors, wsl: bool, container: str | None = None) -> Iterator[Draft]:
    if not wsl or container or not errors.matching(_OF_CUDA) or errors.matching(_OF_ALLOCATOR):
        return
    less = fixes.by_hand(
        "where nvidia-smi shows room on the GPU, let the program pin less memory of the host (a smaller swap space: "
        "vLLM's --swap-space 0; pin_memory=False), or give WSL more memory: memory=… in .wslconfig, then restart WSL",
        "nvidia-smi",
        "wsl.exe --shutdown",
    )
    busy = fixes.by_hand(
        "or end what holds the GPU's memory, on Windows too, or take a smaller batch"
    )
    message = (
        "CUDA refused memory inside WSL: that of the GPU, or memory of the host that a program pins"
    )
    yield finding("program", message, fixes=[less, busy], confidence="low")
