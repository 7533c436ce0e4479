"""A stub library stands where a real one belongs.

What it checks
    Whether libcuda, or a CUDA library that torch would take, lies in a toolkit's stubs directory, and error 34.
Why it matters
    Stubs are for linking alone: they hold no code, and every call fails.
How to fix
    Take the stubs directory out of LD_LIBRARY_PATH and ld.so.conf.
References
    https://github.com/NVIDIA/warp/issues/219
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.records import ErrorSeen, KernelResult, LibraryFile
from doctor.core.rule import Draft, finding, rule
from doctor.matrix.errors import NONE_SEEN, Errors


@rule("TD763", severity="error", cause="cuda-libs-shadowed", explains=("TD117", "TD205", "TD409"))
def check(
    libcuda: LibraryFile | None = None,
    library_picks: tuple[LibraryFile, ...] = (),
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    stubs = [pick.path for pick in (libcuda, *library_picks) if pick and pick.kind == "stub"]
    said = errors.matching(r"CUDA driver is a stub library|cudaErrorStubLibrary")
    if not stubs and not said:
        return
    message = f"{stubs[0]} is a stub: it holds no code" if stubs else "a stub libcuda was loaded"
    why = "it names a stubs directory, which is for linking alone"
    cure = [fixes.by_hand("take the stubs directory out of /etc/ld.so.conf.d, then run ldconfig")]
    if ld_library_path is None or "stubs" in ld_library_path:
        cure.insert(0, fixes.unset_variable("LD_LIBRARY_PATH", why))
    yield finding(
        "libraries", message, because=errors.receipts("cuda_34_stub") if said else (), fixes=cure
    )
