"""A stub library stands where a real one belongs.

What it checks
    Whether a CUDA library that torch would take lies in a toolkit's stubs directory.
Why it matters
    Stubs are for linking alone: they hold no code, and every call fails. For libcuda see driver-stub-on-path.
How to fix
    Take the stubs directory out of LD_LIBRARY_PATH and ld.so.conf.
References
    https://github.com/NVIDIA/warp/issues/219
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD763", severity="error", cause="cuda-libs-shadowed", breaks="import", about=("library_picks",)
)
def check(
    library_picks: tuple[LibraryFile, ...],
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    for path in (pick.path for pick in library_picks if pick.kind == "stub"):
        cure = fixes.off_library_path(path.rpartition("/")[0], ld_library_path)
        yield finding("libraries", f"{path} is a stub: it holds no code", fixes=[cure])
        return
