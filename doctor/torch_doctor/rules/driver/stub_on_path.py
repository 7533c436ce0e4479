"""The loader takes the toolkit's stub libcuda, which is there for linking only.

What it checks
    The first libcuda.so.1 on the loader's path lies in a stubs directory, or CUDA answers 34.
Why it matters
    The stub has no driver in it: cuInit answers 34, and torch sees no GPU.
How to fix
    Take the stubs directory off LD_LIBRARY_PATH; it belongs on the linker's path alone.
References
    https://github.com/numba/numba/issues/8985
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

CUDA_STUB_LIBRARY = 34


@rule(
    "TD129",
    severity="error",
    cause="cuda-libs-shadowed",
    breaks="library",
    explains=("TD120",),
    about=("libcuda", "cuda_init", "errors"),
)
def check(
    libcuda: LibraryFile | None = None,
    cuda_init: ApiStatus | None = None,
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0):
        return
    first = libcuda is not None and libcuda.kind == "stub"
    loaded = cuda_init is not None and cuda_init.code == CUDA_STUB_LIBRARY
    if not (first or loaded or errors.numbered(CUDA_STUB_LIBRARY)):
        return
    message = "the loader takes a stub instead of the driver's libcuda"
    cure = fixes.by_hand(
        "take the toolkit's stubs directory off LD_LIBRARY_PATH and out of /etc/ld.so.conf.d"
    )
    if libcuda and (first or loaded):
        message += f": {libcuda.path}"
        cure = fixes.off_library_path(libcuda.path.rpartition("/")[0], ld_library_path)
    yield finding("driver", message, because=errors.receipts("cuda_34_stub"), fixes=[cure])
