"""The parts of cuDNN come from two releases.

What it checks
    Where each libcudnn part was mapped from (or would be taken from) and its version, and the error
    CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH; and the loader's refusal of one part because another one lacks a symbol.
Why it matters
    cuDNN loads its parts on first use and refuses a set that is mixed: the first convolution fails.
    A refusal that names a file of the system's says whose copy it is: torch brings a cuDNN of its own.
How to fix
    Install one complete nvidia-cudnn, and remove the other copy from the loader's path.
References
    https://github.com/pytorch/pytorch/issues/188892 and https://github.com/pytorch/pytorch/issues/185512
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, LibraryFile, LoadedLibrary, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, one_line
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.libraries import _cudnn
from torch_doctor.rules.libraries._intruder import own_package

_MISMATCH = r"CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH"
# glibc: "libcudnn_x.so.8: symbol …, version libcudnn_y.so.8 not defined in file", or "undefined symbol: …, version …".
_LACKING = r"libcudnn\w*\.so\S*: (?:undefined )?symbol.{0,240}?version \W{0,3}libcudnn\w*\.so"


@rule(
    "TD760",
    severity="error",
    cause="cudnn-incompatible",
    breaks="import",
    explains=("TD432",),
    about=("library_picks", "loaded_libraries", "errors"),
)
def check(
    cures: Cures,
    library_picks: tuple[LibraryFile, ...] = (),
    loaded_libraries: tuple[LoadedLibrary, ...] = (),
    packages: tuple[Package, ...] = (),
    ld_library_path: str | None = None,
    os_family: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    seen = errors.matching(_MISMATCH)
    lacking = errors.matching(_LACKING)
    folders = _cudnn.folders_of([item.path for item in loaded_libraries or library_picks])
    if not (seen or lacking) and len(folders) < 2:
        return
    message = "parts of two cuDNN releases are used together"
    if len(folders) > 1:
        message = f"the parts of cuDNN come from {listing(folders)}"
    if lacking:
        message += f": {one_line(lacking[0].text, 240)}"
    elif seen:
        message += ": CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH"
    package = own_package("cudnn", packages)
    # on Windows such a line is of another machine
    system = None if os_family == "windows" else _cudnn.folder_of_system(lacking)
    name = f"{package.name}=={package.version}" if package else "nvidia-cudnn-cu12 or -cu13"
    yield finding(
        "libraries",
        message,
        cause="cuda-libs-shadowed" if system else None,
        severity=Severity.ERROR if seen or lacking else Severity.WARNING,
        because=errors.receipts("cudnn_parts_mixed") if seen else (),
        fixes=[
            _cudnn.out_of_the_way(system, ld_library_path),
            *([cures.put(f"install {package.name} again, whole", name)] if package else []),
        ],
    )
