"""Another CUDA runtime than torch's own comes first.

What it checks
    Which libcudart.so the loader takes (or the live process had mapped) against the wheel that torch brings.
    LD_LIBRARY_PATH and LD_PRELOAD come before the paths in torch's own libraries.
Why it matters
    torch calls functions of the runtime that it was built with; an older copy may lack them.
How to fix
    Take the other copy out of the loader's way: unset the variable, or remove its directory from ld.so.conf.
References
    https://docs.nvidia.com/cuda/cuda-runtime-api/version-mixing-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, LibraryFile, LoadedLibrary, Package
from torch_doctor.core.rule import Draft, rule
from torch_doctor.matrix.builds.cuda_libraries import of_component
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.libraries._intruder import Library, Place, misplaced

_HARM = r"undefined symbol: (?:cuda|__cuda)|libcudart\S*: (?:undefined|version)"


@rule(
    "TD754",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    about=("library_picks", "loaded_libraries"),
)
def check(
    packages: tuple[Package, ...],
    matrix: Matrix,
    library_picks: tuple[LibraryFile, ...] = (),
    loaded_libraries: tuple[LoadedLibrary, ...] = (),
    torch_origin: str | None = None,
    ld_library_path: str | None = None,
    ld_preload: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    place = Place(
        library_picks, loaded_libraries, packages, torch_origin, ld_library_path, ld_preload
    )
    library = Library(of_component("cuda-runtime", matrix), _HARM)
    yield from misplaced(library, place, kernel_results, errors)
