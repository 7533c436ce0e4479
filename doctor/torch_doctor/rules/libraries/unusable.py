"""A file that is no library comes before the driver's own on the loader's path.

What it checks
    The first libcuda, NVML, PTX compiler and C++ runtime that the loader would take, by the headers of the files: empty
    ones, cut ones, text.
Why it matters
    The loader stops at the first file of the name ("file too short", "invalid ELF header") and looks no further. Images
    that were built with a driver mounted keep empty files of its names; an LD_LIBRARY_PATH finds them first.
How to fix
    Take the folder off the loader's path, or remove the file; in a container, start it with the GPU option, which
    mounts the driver's files over them.
References
    https://man7.org/linux/man-pages/man8/ld.so.8.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes

_CODES = (
    *("TD118", "TD129", "TD132", "TD143", "TD144", "TD145"),
    *("TD413", "TD601", "TD602", "TD765", "TD769", "TD973", "TD977"),
)


@rule(
    "TD772",
    severity="error",
    cause="cuda-libs-shadowed",
    breaks=("driver", "import"),
    explains=_CODES,
    about=("libraries_unusable",),
)
def check(
    libraries_unusable: tuple[str, ...],
    ld_library_path: str | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not libraries_unusable:
        return
    needed = [fault for fault in libraries_unusable if _is_needed(fault)]
    started = cuda_started(kernel_results, cuda_available)
    first = (needed or [*libraries_unusable])[0]
    folder = first.partition(" ")[0].rpartition("/")[0]
    message = f"the loader takes a file that it cannot load: {listing([*libraries_unusable[:3]])}"
    cures = [fixes.off_library_path(folder, ld_library_path)]
    if container and folder not in (ld_library_path or ""):
        cures = [
            fixes.with_gpus(),
            fixes.by_hand(f"remove {first.partition(' ')[0]} from the image"),
        ]
    severity = None if needed and not started else Severity.WARNING
    yield finding("libraries", message, severity=severity, fixes=cures)


def _is_needed(fault: str) -> bool:
    """Whether nothing runs without the library: NVML and the compiler of PTX are not asked for by every kernel."""
    return fault.partition(" ")[0].rpartition("/")[2].startswith(("libcuda.", "libstdc++."))
