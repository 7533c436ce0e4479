"""torch wants a newer NCCL than the one that was loaded.

What it checks
    Error texts and refusals of the loader that name a missing symbol of NCCL; the matrix knows which NCCL brought
    some of them. torch's wheels look for NCCL in the folder of nvidia-nccl first, so an older one lies there unless
    somebody names another place.
Why it matters
    libtorch_cuda.so cannot be loaded, so `import torch` fails.
How to fix
    Install the pinned nvidia-nccl again, or remove the older libnccl.so.2.
References
    https://github.com/NVIDIA/nccl/issues/1784
    https://github.com/pytorch/pytorch/issues/119932
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.libraries._intruder import is_older, nccl_elsewhere, own_package
from torch_doctor.rules.libraries._wheels import nccl_again

_BY_CUDA = "nvidia-nccl-cu13 for a build of CUDA 13, nvidia-nccl-cu12 for one of CUDA 12"


@rule("TD756", severity="error", cause="nvidia-pip-mismatch", breaks="import")
def check(
    errors: Errors,
    cures: Cures,
    matrix: Matrix,
    packages: tuple[Package, ...] = (),
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    container: str | None = None,
) -> Iterator[Draft]:
    wanted = errors.undefined("p?nccl[A-Z]")
    if not wanted or any(result.ok for result in kernel_results):
        return
    symbol = wanted[0].symbol
    row = next((row for row in matrix.library_symbols if row.symbol == symbol), None)
    known = [receipt("library_symbols", row)] if row else []
    package = own_package("nccl", packages)
    message = f"the NCCL that was loaded lacks {symbol}"
    message += f", which came with NCCL {row.first}" if row else ""
    # torch looks into its own wheel's folder first, where pip installs what other packages ask for, too
    elsewhere = nccl_elsewhere(errors, remarks) or (container is not None and not package)
    older = package if package and row and is_older(package.version, row.first) else None
    if older:
        message += f"; {older.name} {older.version} is installed"
    aside = fixes.by_hand("remove the older libnccl.so.2 from LD_LIBRARY_PATH or ld.so.conf")
    name = package.name if package else f"nvidia-nccl-cu{torch_cuda.major}" if torch_cuda else None
    again = fixes.by_hand(f"install the NCCL that this torch pins again: {_BY_CUDA}")
    if name:
        again = nccl_again(torch_version, torch_cuda, cures, matrix)
    yield finding(
        "libraries",
        message,
        cause="cuda-libs-shadowed" if elsewhere and not older else None,
        because=(*errors.receipts("nccl_symbol"), *known),
        fixes=[again] if older else [aside, again] if elsewhere else [again, aside],
    )
