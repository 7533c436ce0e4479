"""A C++ runtime (libstdc++, libgcc_s) of another origin comes before the system's, and torch does not load with it.

What it checks
    The libstdc++ and the libgcc_s that the loader takes by LD_LIBRARY_PATH or LD_PRELOAD, beside what the import of
    torch lacked; or beside any failure of it, where that file names no version of its own at all.
Why it matters
    torch is whole, and what it is linked to is replaced: "undefined symbol", "version GLIBCXX_… not found". libstdc++
    itself is linked to libgcc_s, and lacks `_Unwind_…` of the version GCC_… then.
How to fix
    Take the folder off the loader's path; where a program needs it, set the path for that program alone.
References
    https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
    https://man7.org/linux/man-pages/man8/ld.so.8.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_OF_CXX = (
    r"undefined symbol: _Z|symbol lookup error|(?:GLIBCXX|CXXABI)_[\d.]+\S* not found"
    r"|libstdc\+\+\.so\.6: (?:no version information|cannot|version)"
)
_OF_GCC = r"undefined symbol: \w+, version GCC_|\bGCC_[\d.]+\S* not found|libgcc_s\.so\.1: cannot"
_PUT_IN_FRONT = ("LD_LIBRARY_PATH", "LD_PRELOAD")
_CODES = ("TD410", "TD413", "TD518", "TD757", "TD765", "TD767", "TD768")


@rule(
    "TD773",
    severity="error",
    cause="cuda-libs-shadowed",
    breaks="import",
    explains=_CODES,
    about=("torch_import_error", "errors"),
)
def check(
    cxx_runtime: LibraryFile,
    gcc_runtime: LibraryFile | None = None,
    ld_library_path: str | None = None,
    torch_import_error: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    for runtime, lacking, versions in (
        (cxx_runtime, _OF_CXX, "GLIBCXX_"),
        (gcc_runtime, _OF_GCC, "GCC_"),
    ):
        if runtime is None or runtime.found_via not in _PUT_IN_FRONT:
            continue
        lacks = errors.matching(lacking)
        error = lacks[0].text if lacks else torch_import_error
        if not error or not (lacks or runtime.version is None):
            continue
        place, via = runtime.path, runtime.found_via
        ends = f"ends at {versions}{runtime.version}"
        names = f"names no version of {versions.rstrip('_')}" if runtime.version is None else ends
        message = f"the loader takes {place} (by {via}), which {names}: {one_line(error, 200)}"
        if via == "LD_PRELOAD":
            cure = fixes.unset_variable("LD_PRELOAD", "the system's C++ runtime is loaded")
        else:
            cure = fixes.off_library_path(place.rpartition("/")[0], ld_library_path)
        yield finding("libraries", message, fixes=[cure])
