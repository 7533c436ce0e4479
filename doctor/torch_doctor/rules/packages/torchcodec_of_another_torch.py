"""The installed torchcodec goes with another torch.

What it checks
    The torch that the torchcodec release was made for, and its own message that its libraries cannot be loaded.
Why it matters
    Reading audio and video fails; torchaudio 2.9 and newer read files through torchcodec.
How to fix
    Install the torchcodec that goes with this torch.
References
    https://github.com/pytorch/torchcodec#installing-torchcodec
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

_HARM = r"Could not load libtorchcodec.{0,2000}(?:undefined symbol|not compatible)"


@rule(
    "TD505",
    severity="warning",
    cause="extension-abi-mismatch",
    explains=(),
    about=("packages:torchcodec", "errors"),
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
    yield from judge("torchcodec", pair, matrix, cures, errors, _HARM, gently=True)
