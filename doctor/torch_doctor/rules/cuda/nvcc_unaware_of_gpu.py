"""nvcc does not know the architecture that an extension is compiled for.

What it checks
    nvcc's message "Unsupported gpu architecture", against the toolkits that know that architecture.
Why it matters
    The extension is not built. A toolkit can be too old for a new GPU, and too new for an old one.
How to fix
    Use a toolkit that compiles for the GPU, or leave the architecture out of TORCH_CUDA_ARCH_LIST.
References
    https://docs.nvidia.com/cuda/cuda-compiler-driver-nvcc/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.cuda._toolkit import that_knows

_TEXT = r"(?:Unsupported gpu architecture|is not a supported GPU target).{0,4}'?(?:compute|sm)_(\d+)(\d)"


@rule("TD309", severity="error", cause="nvcc-cuda-home-mismatch")
def check(
    errors: Errors,
    matrix: Matrix,
    cures: Cures,
    toolkit_cuda: CudaVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen = errors.matching(_TEXT)
    match = re.search(_TEXT, seen[0].text, re.IGNORECASE) if seen else None
    if match is None:
        return
    capability = f"{match[1]}.{match[2]}"
    nvcc = f"nvcc of CUDA {toolkit_cuda}" if toolkit_cuda else "nvcc"
    message = f"{nvcc} cannot compile for capability {capability}"
    row = next((row for row in matrix.architectures if row.capability == capability), None)
    if row is not None:
        message += f", which CUDA {row.first_cuda}"
        message += f" to {row.last_cuda} can" if row.last_cuda else " and newer can"
    yield finding(
        "toolkit",
        message,
        because=[receipt("architectures", row)] if row else (),
        fixes=that_knows(capability, row, torch_cuda, cures),
    )
