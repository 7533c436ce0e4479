"""The part of the law about drivers: floors, forward compatibility, and which driver drives which GPU."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.judgement import Doubt, Kind, Objection
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.law.machine import UNREAD, Build, GpuTraits, Machine
from torch_doctor.matrix.query import Driver, Floor
from torch_doctor.matrix.store import receipt


def judge_driver(machine: Machine, build: Build) -> Iterator[Objection | Doubt]:
    """Say whether the driver (or a cuda-compat library over it) serves the build's CUDA."""
    assert build.cuda is not None
    if machine.platform == "jetson":
        return  # L4T numbers its drivers on its own; the build's origin and targets decide there.
    yield from _compat_older(machine)
    floor = build.floors.on(machine.platform)
    if floor is None:
        unknown = f"the driver floor of CUDA {build.cuda}, which the matrix does not know"
        yield Doubt(unknown, "cuda_available")
        return
    if machine.driver is not None:
        reached = reaches(machine.driver, floor.driver)
        if reached:
            yield from _newer_libcuda(machine)
            return
        native = machine.driver.cuda
        if native is not None and native >= build.cuda:
            return  # of this very CUDA: the floor of a major is for the minors after it
        if forward_compat_in_use(machine):
            yield from _forward_compat(machine, build, floor)
            return
        if reached is None:
            which = f"whether driver {machine.driver}, of which no more is told, is {floor.driver} or newer"
            yield Doubt(which, "driver_release")
            return
        known = native or machine.driver_reports or machine.cuda_available is not None
        if build.cuda.major < 11 and not known:
            # R430 reported 10.2 in its first releases and 10.1 in its last ones
            which = f"which CUDA driver {machine.driver} reports: {build.label} needs {build.cuda}"
            yield Doubt(which, "driver_cuda")
            return
    elif machine.driver_reports is None:
        yield Doubt("the release of the NVIDIA driver", "driver_release")
        return
    elif _reaches(machine.driver_reports, build.cuda):
        yield from _unsure_by_report(machine, machine.driver_reports, build.cuda, floor)
        return
    yield from _below_floor(machine, build, floor)


def reaches(driver: Driver, floor: DriverRelease) -> bool | None:
    """Whether a driver is as new as *floor*; None where only its branch or first numbers are told, which both have."""
    release = driver.release
    if release.parts != floor.parts[: len(release.parts)]:
        return release >= floor
    first = driver.row.first if driver.row else None
    whole = release.parts == floor.parts
    return True if whole or (first and DriverRelease.parse(first) >= floor) else None


def _unsure_by_report(
    machine: Machine, reports: CudaVersion, needed: CudaVersion, floor: Floor
) -> Iterator[Doubt]:
    """Without its release: the first drivers of a major lie below its floor, and cuda-compat reports its own CUDA."""
    if machine.libcuda_kind == "compat":
        yield Doubt(
            "the release of the NVIDIA driver under the cuda-compat library", "driver_release"
        )
    elif reports == floor.reports and reports < needed and len(floor.driver.parts) > 1:
        yield Doubt(
            f"whether the driver, which reports CUDA {reports}, is {floor.driver} or newer",
            "driver_release",
        )


def forward_compat_in_use(machine: Machine) -> bool:
    """Whether a cuda-compat libcuda newer than the driver answers in its place."""
    if machine.libcuda_kind == "compat":
        return True
    if machine.libcuda_kind is not None or machine.driver is None:
        return False
    return _reports_more(machine)


def _reaches(reports: CudaVersion, needed: CudaVersion) -> bool:
    """A driver serves every CUDA of the major that it reports, and older ones; before 11, minors count too."""
    return reports.major >= needed.major if needed.major >= 11 else reports >= needed


def _below_floor(machine: Machine, build: Build, floor: Floor) -> Iterator[Objection | Doubt]:
    because = (receipt(floor.table, floor.row), *build.because)
    driver = f"driver {machine.driver}" if machine.driver else "the driver"
    reports = f" (CUDA {machine.driver_reports})" if machine.driver_reports else ""
    message = (
        f"{driver}{reports} is older than {floor.driver}, "
        f"which CUDA {build.cuda} of {build.label} needs"
    )
    gpus = machine.gpus or ()
    could_be_compat = (
        machine.libcuda_kind is None
        and machine.driver_reports is None
        and machine.cuda_available is not False
        and gpus
        and all(gpu.eligible in ("yes", "some", None) for gpu in gpus)
    )
    if could_be_compat:  # what is_available() == True settles
        yield Doubt(
            f"{message}; whether a cuda-compat library makes up for it is not known", "libcuda"
        )
    else:
        yield Objection(Kind.DRIVER_BELOW_FLOOR, message, because)


def _compat_older(machine: Machine) -> Iterator[Objection | Doubt]:
    release, driver = machine.libcuda_release, machine.driver
    if machine.libcuda_kind != "compat" or driver is None:
        return
    if release is None:
        native, reports = driver.cuda, machine.driver_reports
        if native is None or reports is None or reports < native:
            yield Doubt(f"whether the cuda-compat library is as new as driver {driver}", "libcuda")
    elif release.branch < driver.branch:
        message = (
            f"a cuda-compat library of release {release} is on the loader's path, "
            f"older than the driver {driver}"
        )
        yield Objection(Kind.COMPAT_OLDER_THAN_DRIVER, message)


def _forward_compat(machine: Machine, build: Build, floor: Floor) -> Iterator[Objection | Doubt]:
    assert build.cuda is not None and machine.driver is not None
    reports, release = machine.driver_reports, machine.libcuda_release
    short = ""
    if reports is not None and not _reaches(reports, build.cuda):
        short = f"reports CUDA {reports}, {build.label} needs {build.cuda}"
    elif reports is None and release is not None and release.branch < floor.driver.branch:
        short = f"is of release {release}, CUDA {build.cuda} of {build.label} needs {floor.driver}"
    if short:
        message = f"the cuda-compat library {short}"
        yield Objection(Kind.DRIVER_BELOW_FLOOR, message, build.because)
        return
    yield from _eligibility(machine)


def _newer_libcuda(machine: Machine) -> Iterator[Objection | Doubt]:
    """A cuda-compat library newer than the driver is refused whatever the build needs; one that was not seen may be."""
    release, driver = machine.libcuda_release, machine.driver
    assert driver is not None
    newer = _reports_more(machine) if release is None else release.branch > driver.branch
    if not newer or machine.libcuda_kind not in ("compat", None):
        return
    refused = tuple(_eligibility(machine))
    if machine.libcuda_kind == "compat" or not refused:
        yield from refused
    else:
        yield Doubt(
            f"whether a cuda-compat library answers for driver {driver}: CUDA {machine.driver_reports} is not its own",
            "libcuda",
        )


def _reports_more(machine: Machine) -> bool:
    """Whether libcuda reports a newer CUDA than the driver's own."""
    native = machine.driver.cuda if machine.driver else None
    reports = machine.driver_reports
    return native is not None and reports is not None and reports > native


def _eligibility(machine: Machine) -> Iterator[Objection | Doubt]:
    """Whether every GPU may be used through a cuda-compat library; what CUDA itself answered settles a doubt."""
    assert machine.driver is not None
    branch = machine.driver.row
    base = (receipt("drivers", branch),) if branch else ()
    for gpu in machine.gpus or ():
        if gpu.eligible == "no":
            message = (
                f"a cuda-compat library is in use over driver {machine.driver}, "
                f"and {gpu.name} is not eligible for forward compatibility"
            )
            yield Objection(Kind.COMPAT_INELIGIBLE, message, (*gpu.because, *base), gpu.index)
        elif gpu.eligible != "yes" and machine.cuda_available is None:
            yield Doubt(
                f"whether {gpu.name} is eligible for forward compatibility", "cuda_available"
            )


def judge_gpu_driver(machine: Machine, gpu: GpuTraits) -> Iterator[Objection | Doubt]:
    """Say whether the driver drives this GPU at all. A GPU that the driver itself listed is known to it."""
    if machine.platform == "jetson" or gpu.listed:
        return
    if machine.driver is not None:
        yield from _known_to(machine, gpu, gpu.because)
    elif machine.driver_reports is not None:
        yield from _known_by_report(machine.driver_reports, gpu)
    yield from _module(machine, gpu, gpu.because)


def _known_by_report(reports: CudaVersion, gpu: GpuTraits) -> Iterator[Doubt]:
    """Without its release, the CUDA that a driver reports still tells its branch; a cuda-compat library hides it."""
    first = gpu.first_driver.cuda if gpu.first_driver else None
    last = gpu.last_driver.cuda if gpu.last_driver else None
    if (first and reports < first) or (last and reports > last):
        yield Doubt(
            f"whether a driver that reports CUDA {reports} drives {gpu.name}", "driver_release"
        )


def _known_to(
    machine: Machine, gpu: GpuTraits, because: tuple[Receipt, ...]
) -> Iterator[Objection]:
    driver = machine.driver
    assert driver is not None
    first = gpu.first_driver
    if first is not None and driver.branch < first.branch:
        message = f"driver {driver} does not know {gpu.name}: it is driven from {first} on"
        yield Objection(Kind.DRIVER_OLDER_THAN_GPU, message, because, gpu.index)
    if gpu.last_branch is not None and driver.branch > gpu.last_branch + _WINDOWS_NUMBERS:
        message = (
            f"driver {driver} no longer drives {gpu.name}: R{gpu.last_branch} is its last branch"
        )
        yield Objection(Kind.DRIVER_DROPPED_GPU, message, because, gpu.index)


def _module(
    machine: Machine, gpu: GpuTraits, because: tuple[Receipt, ...]
) -> Iterator[Objection | Doubt]:
    if gpu.open_modules == "some" and machine.module_flavour == "proprietary":
        yield Doubt(f"whether {gpu.name} is of those that need the open kernel modules", "gpus")
    if gpu.open_modules in ("required", "impossible", "some") and machine.module_flavour == UNREAD:
        yield Doubt(
            f"whether the kernel modules that are loaded, which {gpu.name} depends on, are the open ones",
            "kernel_module",
        )
    if gpu.open_modules == "required" and machine.module_flavour == "proprietary":
        message = (
            f"{gpu.name} works only with the open kernel modules; the proprietary one is loaded"
        )
        yield Objection(Kind.OPEN_MODULE_REQUIRED, message, because, gpu.index)
    if gpu.open_modules == "impossible" and machine.module_flavour == "open":
        message = f"{gpu.name} cannot use the open kernel modules that are loaded"
        yield Objection(Kind.OPEN_MODULE_IMPOSSIBLE, message, because, gpu.index)


# Windows releases of a branch carry numbers up to a few above it (R580: 582.78, R470: 475.14).
_WINDOWS_NUMBERS = 5
