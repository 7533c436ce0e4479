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

from torch_doctor.core.finding import Action
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.kinds import InstallPackages
from torch_doctor.matrix.rows import LibraryPackage
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt

_BROUGHT = (
    r"libcu(?!dss)|lib(?:nccl|nvrtc|nvJitLink|nvToolsExt|nvshmem|npp|torch|c10|shm|caffe2|cuda\.so)"
)


@rule("TD769", severity="error", cause="cuda-libs-missing", breaks="import", explains=("TD201",))
def check(
    torch_import_error: str,
    matrix: Matrix,
    torch_cuda: CudaVersion | None = None,
    project_manager: str | None = None,
    os_id: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    refused = [failure.missing or "" for failure in errors.missing("lib")]
    names = [name for name in refused if name in torch_import_error]
    names = [name for name in names if not re.match(_BROUGHT, name)]
    if not names:
        return
    row = next((r for r in matrix.library_packages if re.match(r.library, names[0])), None)
    message = f"torch is linked to {names[0]}, a library of the system that is not there"
    because = [receipt("library_packages", row)] if row else []
    on_nix = project_manager == "nix" or os_id == "nixos"
    cure = _in_a_store(names[0]) if on_nix else _cure(names[0], row, torch_cuda)
    yield finding("libraries", message, because=because, fixes=[cure])


def _in_a_store(name: str) -> Action:
    """Return how a wheel finds a library of the system where none lies in the loader's folders."""
    text = (
        f"on NixOS a wheel finds no library of the system: find which package has {name}, and name it (libstdc++ is in "
        "stdenv.cc.cc.lib) in programs.nix-ld.libraries, with programs.nix-ld.enable = true; or take nixpkgs' torch-bin"
    )
    return fixes.by_hand(text, f"nix-locate --top-level --whole-name lib/{name}", scope="host")


def _cure(name: str, row: LibraryPackage | None, cuda: CudaVersion | None) -> Action:
    if row and row.apt:
        text = f"install {row.apt}, which brings it"
        return fixes.by_hand(text, f"sudo apt-get install {row.apt}", scope="host", root=True)
    if row and row.pip:
        package = row.pip.replace("{major}", str(cuda.major if cuda else 13))
        text = f"install {package}, which brings it"
        return InstallPackages(text, (package,), deps=True, anew=False)
    look = (f"apt-file search {name}", f"dnf provides '*/{name}'")
    text = f"find the package of this distribution that brings {name}, and install it"
    return fixes.by_hand(text, *look, scope="host", root=True)
