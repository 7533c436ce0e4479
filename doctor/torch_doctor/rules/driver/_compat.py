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
    """A driver as new as the library needs no compat: for the CUDA that it reports, else for the build's.

    What the driver itself *reports* is not the library's.
    """
    driver = cures.machine.driver
    native = driver.cuda if driver else None
    of_library = reports if reports and (native is None or reports > native) else None
    wanted = of_library or torch_cuda
    if wanted is not None and (native is None or wanted > native):
        yield cures.driver_for(wanted, paired=bool(of_library or native))
    elif driver is not None:
        text = (
            f"update the driver of the host to one that is newer than {driver}, and as new as the CUDA of the library "
            "that is taken (in an image, CUDA_VERSION names it)"
        )
        yield fixes.by_hand(text, scope="host", root=True, reboot_needed=True)
