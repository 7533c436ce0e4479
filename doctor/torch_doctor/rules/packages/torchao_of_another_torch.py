"""The installed torchao was built for another torch.

What it checks
    What the matrix records of the torchao release, and its own message that its extensions are skipped.
Why it matters
    torchao runs without its compiled kernels, or fails where they are needed.
How to fix
    Install the torchao that was released with this torch.
References
    https://github.com/pytorch/ao/issues/2919
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult, Package
from torch_doctor.core.rule import Draft, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import Neighbours, judge

# Where it skips its own kernels, it goes on without them.
_HARM = (
    r"(?<!cpp extensions: )(?<!\S)\S*torchao\S*: undefined symbol"
    r"|Failed to load \S*torchao\S*: .{0,200}undefined symbol"
)


@rule("TD507", severity="warning", cause="extension-abi-mismatch", explains=())
def check(
    matrix: Matrix,
    cures: Cures,
    errors: Errors,
    packages: tuple[Package, ...] = (),
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    pair = Neighbours(packages, torch_version, torch_cuda, kernel_results)
    yield from judge("torchao", pair, matrix, cures, errors, _HARM, gently=True)
