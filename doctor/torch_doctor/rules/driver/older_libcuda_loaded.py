"""torch loads a libcuda that is older than the driver.

What it checks
    The CUDA that torch says the driver serves ("found version 11040") against the CUDA that the loaded
    driver's own libcuda serves.
Why it matters
    The driver is new enough; another libcuda.so.1 answers in its place, and CUDA does not start.
How to fix
    Find the copy that the loader takes first and take it off the path.
References
    https://github.com/pytorch/pytorch/pull/162531
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.query import driver_reports
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_FOUND = regex(r"found version (\d{4,5})\b")


@rule("TD145", severity="error", cause="cuda-libs-shadowed", breaks="start", explains=("TD120",))
def check(
    driver_release: DriverRelease,
    errors: Errors,
    matrix: Matrix,
    wsl: bool | None = None,
    libcuda: LibraryFile | None = None,
    libcuda_copies: tuple[LibraryFile, ...] = (),
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    native = driver_reports(matrix, driver_release)
    if native is None or cuda_started(kernel_results, cuda_available):
        return
    for seen in errors.of("torch_driver_too_old"):
        match = _FOUND.search(seen.text)
        found = CudaVersion.from_int(int(match[1])) if match else native
        # A major below: libcuda of the same branch never says that, whatever its point release.
        if found.major >= native.major:
            continue
        message = (
            f"torch found a libcuda that serves CUDA {found}, "
            f"but driver {driver_release} serves CUDA {native}: another copy is loaded"
        )
        cure = fixes.by_hand(
            "find every libcuda.so.1 that the loader knows, and remove the one that is not the driver's",
            "ldconfig -p | grep libcuda.so.1",
            'echo "$LD_LIBRARY_PATH"',
        )
        ours = [copy for copy in libcuda_copies if copy.version == str(driver_release)]
        if libcuda and libcuda.version != str(driver_release) and ours:
            message += f", {libcuda.path}"
            cure = fixes.off_library_path(libcuda.path.rpartition("/")[0], ld_library_path)
        because = errors.receipts("torch_driver_too_old")
        yield finding("driver", message, because=because, fixes=[cure], confidence="medium")
        return
