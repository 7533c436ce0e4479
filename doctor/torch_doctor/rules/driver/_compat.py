"""What to do about a compat library that is refused, beside taking it away."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action, Receipt
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures


def not_rebooted(there: DriverRelease, loaded: DriverRelease, because: list[Receipt]) -> Draft:
    """Say that the libraries are newer than the module, which only a reboot mends."""
    message = (
        f"CUDA answers 804: the driver libraries are {there}, the loaded module is still {loaded}"
    )
    cause = "driver-library-version-mismatch"
    reboot = fixes.reboot("so that the new module is loaded")
    return finding("driver", message, because=because, cause=cause, fixes=[reboot])


def driver_instead(
    cures: Cures, reports: CudaVersion | None, torch_cuda: CudaVersion | None
) -> Iterator[Action]:
    """A driver as new as the library needs no compat: for the CUDA that it reports, else for the build's."""
    wanted = reports or torch_cuda
    if wanted is not None:
        yield cures.driver_for(wanted, paired=reports is not None)
