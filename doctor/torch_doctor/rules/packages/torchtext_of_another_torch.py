"""The installed torchtext was built for another torch.

What it checks
    The torch that the torchtext release pins, and errors of the loader about its library.
Why it matters
    libtorchtext.so does not load. torchtext ended with 0.18: no release follows newer torch versions.
How to fix
    Remove torchtext, or keep the torch that it was built for.
References
    https://github.com/pytorch/text
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

_HARM = r"libtorchtext\S*.{0,60}(?:undefined symbol|Symbol not found)"


@rule(
    "TD506",
    severity="warning",
    cause="extension-abi-mismatch",
    explains=(),
    about=("packages:torchtext", "errors"),
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
    yield from judge("torchtext", pair, matrix, cures, errors, _HARM, gently=True)
