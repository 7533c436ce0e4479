"""The installed vLLM was built for another torch.

What it checks
    The torch that the vLLM release pins, and errors of the loader about vLLM's own library.
Why it matters
    vLLM's compiled kernels are bound to one torch; vllm._C does not load with another.
How to fix
    Install vLLM into an environment of its own and let it bring its torch.
References
    https://docs.vllm.ai/en/latest/getting_started/installation/gpu.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult, Package
from torch_doctor.core.rule import Draft, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import Neighbours, judge

_HARM = r"vllm/\S*_C\S*\.so: undefined symbol|vllm\._C\b.{0,120}undefined symbol"


@rule(
    "TD504",
    severity="warning",
    cause="extension-abi-mismatch",
    explains=(),
    about=("packages:vllm", "errors"),
)
def check(
    matrix: Matrix,
    cures: Cures,
    packages: tuple[Package, ...] = (),
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    pair = Neighbours(packages, torch_version, torch_cuda, kernel_results)
    yield from judge("vllm", pair, matrix, cures, errors, _HARM, gently=True)
