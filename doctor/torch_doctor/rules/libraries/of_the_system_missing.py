"""A build of torch is linked to a library of the system that is not there.

What it checks
    Import errors of torch that name a missing library which is neither torch's, nor the driver's, nor in the packages
    that a wheel of torch brings: Open MPI, OpenBLAS, OpenMP, Fortran, cuDSS, NVPL and any other.
Why it matters
    `import torch` fails. Builds for Jetsons, of distributions and from source are linked to what was there when they
    were made; installing the same torch again changes nothing.
How to fix
    Install the package that brings the library.
References
    https://man7.org/linux/man-pages/man8/ld.so.8.html
    https://github.com/nix-community/nix-ld
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.libraries._of_system import by_package, in_a_store, package_with
from torch_doctor.rules.libraries._wheels import beside_jetpack

_BROUGHT = (
    r"libcu(?!dss)|lib(?:nccl|nvrtc|nvJitLink|nvToolsExt|nvshmem|npp|torch|c10|shm|caffe2|cuda\.so)"
)


@rule(
    "TD769",
    severity="error",
    cause="cuda-libs-missing",
    breaks="import",
    explains=("TD201",),
    about=("torch_import_error", "errors"),
)
def check(
    matrix: Matrix,
    torch_import_error: str | None = None,
    torch_version: TorchVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    jetson: str | None = None,
    torch_cuda: CudaVersion | None = None,
    project_manager: str | None = None,
    os_id: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    refused = [one for one in errors.missing("lib") if not re.match(_BROUGHT, one.missing or "")]
    names = [
        one.missing or "" for one in refused if (one.missing or "") in (torch_import_error or "")
    ]
    # nobody says what was imported: of torch's builds some are linked to it
    unnamed = torch_version is not None and not any(result.ok for result in kernel_results)
    if unnamed and not names:
        alone = [one.missing or "" for one in refused if one.module is None]
        names = [name for name in alone if package_with(name, matrix)]
    if not names:
        return
    row = package_with(names[0], matrix)
    who = "torch" if torch_import_error else "what was imported"
    message = f"{who} is linked to {names[0]}, a library of the system that is not there"
    because = [receipt("library_packages", row)] if row else []
    on_nix = project_manager == "nix" or os_id == "nixos"
    cure = in_a_store(names[0]) if on_nix else by_package(names[0], row, torch_cuda)
    cures = beside_jetpack(names[0], jetson, matrix) if jetson else []
    yield finding("libraries", message, because=because, fixes=cures or [cure])
