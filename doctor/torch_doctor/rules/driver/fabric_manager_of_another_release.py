"""Fabric Manager is of another release than the driver.

What it checks
    The release of the installed nvidia-fabricmanager package against the loaded driver.
Why it matters
    Fabric Manager refuses to work with a driver of any other release: CUDA answers 802.
How to fix
    Install nvidia-fabricmanager of exactly the driver's release, and update the two together.
References
    https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._fabric import of_its_release

# What Fabric Manager says of the two, or of the driver alone.
_OF_DRIVER = regex(r"(?i)driver version (\d{3}\.\d+(?:\.\d+)?)")


@rule(
    "TD141",
    severity="error",
    cause="fabric-manager",
    breaks="start",
    explains=("TD140", "TD142"),
    about=("nvswitches", "cuda_init", "errors"),
)
def check(
    fabric_manager_release: DriverRelease | None = None,
    driver_release: DriverRelease | None = None,
    nvswitches: int | None = None,
    cuda_init: ApiStatus | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    seen = errors.of("fabric_manager_mismatch")
    if seen and not cuda_started(kernel_results, cuda_available):
        written = _OF_DRIVER.search(seen[0].text)
        driver = DriverRelease.parse(written[1]) if written else driver_release
        yield finding("driver", one_line(seen[0].text, 200), fixes=[of_its_release(driver)])
        return
    if fabric_manager_release is None or driver_release is None:
        return
    if not nvswitches or container or fabric_manager_release == driver_release:
        return
    works = cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0)
    pair = f"nvidia-fabricmanager is {fabric_manager_release}, the driver is {driver_release}"
    message = f"{pair}: they work only in one and the same release"
    if works:
        message = f"{pair}: after its next start Fabric Manager will refuse this driver"
    severity = Severity.WARNING if works else None
    yield finding("driver", message, fixes=[of_its_release(driver_release)], severity=severity)
