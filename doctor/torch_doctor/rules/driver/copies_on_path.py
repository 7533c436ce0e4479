"""Two releases of the driver's libraries are on the loader's path.

What it checks
    The libcuda.so.1 files on the loader's path that are the driver's own, and their releases.
Why it matters
    Only the copy of the loaded module's release works; which one is taken depends on the path, so that
    one program works and the next one does not.
How to fix
    Remove the copy that does not belong to the loaded module: often a driver was installed twice, by
    the .run file and by packages.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD131",
    severity="error",
    cause="driver-library-version-mismatch",
    breaks="start",
    explains=("TD113",),
)
def check(
    kernel_module: KernelModule,
    libcuda_copies: tuple[LibraryFile, ...],
    cuda_init: ApiStatus | None = None,
    container: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    own = [copy for copy in libcuda_copies if copy.kind == "driver" and copy.version]
    loaded = str(kernel_module.release)
    if container or wsl or len({copy.version for copy in own}) < 2:
        return
    strangers = [copy for copy in own if copy.version != loaded]
    first_fits = own[0].version == loaded
    works = cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0)
    severity = Severity.NOTE
    if not first_fits:
        severity = Severity.WARNING if works else Severity.ERROR
    listed = ", ".join(f"{copy.path} ({copy.version})" for copy in strangers)
    message = f"driver libraries of another release than the loaded module {loaded}: {listed}"
    owner = strangers[0].path
    remove = fixes.by_hand(
        "find what installed the other copy and remove it",
        f"dpkg -S {owner} || rpm -qf {owner}",
        "sudo ldconfig",
        scope="host",
        root=True,
    )
    yield finding("driver", message, severity=severity, fixes=[remove])
