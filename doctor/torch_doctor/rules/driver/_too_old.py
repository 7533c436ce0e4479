"""What helps where the driver is older than a build: another build, cuda-compat, the driver that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.query import driver_branch
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

OLDEST = CudaVersion(9, 2)  # torch has had no build for an older CUDA since 1.2, of 2019
_FOUND = regex(r"found version (\d{4,5})\b")


def cures_of(cures: Cures, torch_cuda: CudaVersion | None, errors: Errors) -> list[Action]:
    """Return the build that this driver serves, then cuda-compat, then the driver that the build needs."""
    served = _served(errors)
    update = cures.current_driver()
    if torch_cuda:
        update = cures.driver_for(torch_cuda)
    elif served:
        update = cures.driver_after(served)
    compat = cures.compat_for(torch_cuda) if torch_cuda else ()
    if served is not None and served < OLDEST:
        return [update, *cures.another_build(served), *compat]
    return [*cures.another_build(served), *compat, update]


def of_another_age(driver: DriverRelease | None, cures: Cures, matrix: Matrix) -> Iterator[Draft]:
    """Yield that no torch of these years runs on a *driver*, where nobody tells which torch it is that fails."""
    row = driver_branch(matrix, driver) if driver else None
    serves = CudaVersion.parse(row.cuda) if row and row.cuda else None
    if serves is not None and serves < OLDEST:
        message = f"driver {driver} serves builds up to CUDA {serves}, which torch has not had since 1.1.0"
        update = cures.driver_for(CudaVersion(11, 0))
        yield finding("driver", message, fixes=[update], confidence="medium")


def as_torch_says(
    served: CudaVersion | None, torch_cuda: CudaVersion | None, errors: Errors, cures: Cures
) -> Draft:
    """Say what torch's own words say, with the CUDA that the driver serves and that of the build, where known."""
    serves = f" (it serves CUDA {served})" if served else ""
    build = f" for CUDA {torch_cuda}" if torch_cuda else ""
    message = f"torch says that the driver is too old{serves} for this build{build}"
    because = errors.receipts("torch_driver_too_old")
    found = cures_of(cures, torch_cuda, errors)
    return finding("torch", message, because=because, fixes=found, confidence="medium")


def refutes(errors: Errors, torch_cuda: CudaVersion | None, cuda_available: bool | None) -> bool:
    """Whether torch's own words say that it is of a newer CUDA than *torch_cuda*, the build that somebody names."""
    served = _served(errors)
    same = served is not None and torch_cuda is not None and torch_cuda.major <= served.major
    return same and cuda_available is False


def of_the_next_build(
    errors: Errors, driver: DriverRelease | None, results: tuple[KernelResult, ...], cures: Cures
) -> Iterator[Draft]:
    """Yield that a *driver* on which torch started is too old for what failed: another build, or a library of its own.

    A report made before torch was changed says that CUDA is available, and the error came after it.
    """
    seen = errors.of("torch_driver_too_old", "cuda_35_insufficient")
    if driver is None or not seen or any(result.ok for result in results):
        return
    message = (
        f"driver {driver} serves the torch of the report, and is too old for the build that failed"
    )
    because = errors.receipts(seen[0].signature or "")
    fixes = [*cures.another_build(_served(errors)), cures.current_driver()]
    yield finding("driver", message, because=because, fixes=fixes, confidence="medium")


_ALL_MINORS = 12  # from CUDA 12.0 on, a driver of this major serves every minor of it: a newer major is refused alone


def serves_most(driver_cuda: CudaVersion | None) -> bool:
    """Whether a driver serves most builds that there are, so that error 35 may as well mean that it is out of reach."""
    return driver_cuda is not None and driver_cuda.major >= _ALL_MINORS


def either(driver_cuda: CudaVersion | None) -> Draft:
    """Say what error 35 may mean of a program of which nobody tells the CUDA, beside a driver that serves most."""
    major = driver_cuda.major + 1 if driver_cuda else ""
    message = (
        f"a program says that the driver is insufficient (error 35), and the driver serves CUDA {driver_cuda}: the "
        f"program wants CUDA {major}, or it runs where no driver is in reach (a container without GPUs)"
    )
    ask = fixes.ask_fact(
        "see whether the driver answers where the program runs, in its container, and which CUDA the program wants",
        "nvidia-smi",
        'python -c "import torch; print(torch.version.cuda)"',
    )
    return finding("driver", message, severity=Severity.WARNING, fixes=[ask], confidence="low")


def _served(errors: Errors) -> CudaVersion | None:
    """Return the CUDA that the driver serves, as torch's own words tell it: found version 11040."""
    for seen in errors.of("torch_driver_too_old", "driver_too_old_told"):
        match = _FOUND.search(seen.text)
        if match:
            return CudaVersion.from_int(int(match[1]))
    return None
