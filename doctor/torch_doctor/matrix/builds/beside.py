"""Does one release of a companion work beside a build of torch, on a machine? Judged by the rows of its builds.

What a row leaves out was not measured, and decides nothing. A release without a row is not judged at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, allows
from torch_doctor.matrix.builds.per_cuda import ONE_RUNTIME_SINCE, none_for, of_cuda, runtime_of
from torch_doctor.matrix.builds.query import (
    code_elsewhere,
    cuda_majors,
    cudnn_major,
    ended_gpus,
    floor_of,
    is_there,
    lacks_code,
    off_its_systems,
    older_standard,
    takes_python,
    too_new_gpus,
    too_old_gpus,
)
from torch_doctor.matrix.builds.rows import CompanionBuild, CompanionTraits
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.platform import glibc_of
from torch_doctor.matrix.query import Floor, driver_floors
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once

# What an installer prefers among wheels of one release.
_PREFERENCE = ("cpython", "abi3", "none", "source")
# In the order in which they are asked: a release that fails late is nearer to what is wanted.
KINDS = (
    *("companion-platform", "companion-python", "companion-torch", "companion-build"),
    "companion-glibc",
    *("companion-cuda", "companion-cudnn", "companion-driver", "companion-gpu", "companion-asks"),
    "companion-pin",
)


class Torch(NamedTuple):
    """The torch that a companion stands beside; *variant* is that of its index, empty for the default one.

    *cudnn* is the major of the cuDNN that comes with it, None where that is not on record.
    """

    version: str
    cuda: CudaVersion | None
    variant: str = ""
    cudnn: int | None = None


class Clash(NamedTuple):
    """One thing that speaks against a companion. *fails* says whether it does not work, or works in part."""

    kind: str
    message: str
    because: tuple[Receipt, ...]
    fails: bool = True


def build_for(
    builds: Iterable[CompanionBuild], machine: Machine, python_tags: tuple[str, ...] = ()
) -> CompanionBuild | Clash | None:
    """Return the build of one release that an installer takes on *machine*, or why it takes none; None without rows.

    Where the machine's Python is not known, one of *python_tags* must do.
    """
    rows = tuple(builds)
    if not rows:
        return None
    there = [row for row in rows if is_there(row, machine.wheel_platform)]
    if machine.wheel_platform and not there:
        return _no_build("companion-platform", machine.wheel_platform, rows)
    tags = (machine.python_tag,) if machine.python_tag else python_tags
    fitting = [row for row in there or rows if not tags or any(takes(row, tag) for tag in tags)]
    if fitting and all(_leaves_out(row, machine.python) for row in fitting):
        return _no_build("companion-python", f"Python {machine.python}", rows)
    if not fitting:
        wanted = "a Python of this torch" if not machine.python_tag else _python(machine.python_tag)
        return _no_build("companion-python", wanted, rows)
    return min(fitting, key=lambda row: (row.platform == "any", _PREFERENCE.index(row.abi)))


def _leaves_out(build: CompanionBuild, python: str | None) -> bool:
    """Whether a build's own range of Pythons leaves out this release of one, as ``!=3.14.1`` does."""
    final = python is not None and python.replace(".", "").isdigit()
    return bool(final and build.requires_python) and not allows(build.requires_python, python)


def _no_build(kind: str, wanted: str, rows: tuple[CompanionBuild, ...]) -> Clash:
    message = f"{rows[0].package} {rows[0].version} has no build for {wanted}"
    return Clash(kind, message, tuple(receipt("companion_builds", row) for row in rows))


def clashes(
    build: CompanionBuild, torch: Torch, machine: Machine, matrix: Matrix
) -> Iterator[Clash]:
    """Yield what speaks against *build* beside *torch* on *machine*; its platform and Python were chosen before."""
    traits = traits_of(build.package, matrix)
    found = [*_asked(build, torch, machine)]
    count = len(found)
    if traits is not None:
        found += _by_traits(build, torch, machine, traits, matrix)
    # Most builds have nothing against them, and need no receipts.
    for place, clash in enumerate(found):
        rows = [receipt("companion_builds", build)]
        if traits is not None and place >= count:
            rows.append(receipt("companion_traits", traits))
        yield clash._replace(because=(*rows, *clash.because))


def _asked(build: CompanionBuild, torch: Torch, machine: Machine) -> Iterator[Clash]:
    """What a build itself asks of torch and of the system."""
    extra = f"[{build.extra}]" if build.extra else ""
    name = f"{build.package}{extra} {build.version}"
    if build.torch and allows(build.torch, torch.version) is False:
        yield Clash("companion-torch", f"{name} goes with torch {build.torch}", ())
    needed = glibc_of(f"glibc {build.glibc}") if machine.glibc and build.glibc else None
    if machine.glibc and needed and machine.glibc < needed:
        have = ".".join(map(str, machine.glibc))
        yield Clash("companion-glibc", f"{name} needs glibc {build.glibc}, not {have}", ())


def _by_traits(
    build: CompanionBuild, torch: Torch, machine: Machine, traits: CompanionTraits, matrix: Matrix
) -> Iterator[Clash]:
    """What follows from how the package hangs together with torch."""
    yield from _too_old(build, machine, traits, matrix)
    yield from too_old_driver(build, machine, matrix)
    if off := off_its_systems(build, machine.platform, traits):
        yield Clash(*off, ())
    if build.abi == "source":  # what is built beside torch is built for it
        fails = traits.without_code == "fails"
        for kind, words, row in older_standard(
            build, torch.version, machine.platform, traits, matrix
        ):
            yield Clash(kind, words, (receipt("header_standards", row),), fails)
        return
    if torch.variant and traits.on_torch_index == "every":
        return  # torch's own index has another build, which was not read
    if code_elsewhere(build, matrix):
        message = f"{build.package} {build.version} holds no GPU code for {build.platform}"
        yield Clash("companion-gpu", message, (), traits.without_code == "fails")
    yield from _runtime(build, torch, traits)
    if cudnn := cudnn_major(build, matrix):
        yield from _cudnn(cudnn, build, torch, traits)
    own = of_cuda(build, torch.cuda, traits)
    for gpu in machine.gpus or ():
        yield from _code(own, gpu, traits)


def _too_old(
    build: CompanionBuild, machine: Machine, traits: CompanionTraits, matrix: Matrix
) -> Iterator[Clash]:
    """The GPUs that the makers of a build leave out, and those that a CUDA of its own has no code for."""
    name, fails = f"{build.package} {build.version}", traits.without_code == "fails"
    least = floor_of(build.package, matrix, build.version)
    for gpu in too_old_gpus(build.package, machine, matrix, build.version) if least else ():
        since = f" since {least.since}" if least and least.since else ""
        capability = least.capability if least else ""
        message = (
            f"{name} asks for GPUs of {capability} or newer{since}: {gpu.name} is {gpu.capability}"
        )
        yield Clash("companion-gpu", message, gpu.because, fails)
    for gpu, row in too_new_gpus(build, machine, matrix):
        message = f"{name} knows GPUs up to {row.capability}: {gpu.name} is {gpu.capability}, which {row.before} is for"
        yield Clash("companion-gpu", message, (receipt("capability_ceilings", row),), fails)
    for gpu in ended_gpus(traits, machine):
        ends = gpu.architecture and gpu.architecture.last_cuda
        message = f"{name} is for CUDA {traits.cuda}, and code for {gpu.name} ({gpu.capability}) ends with CUDA {ends}"
        yield Clash("companion-gpu", message, gpu.because)


def _code(build: CompanionBuild, gpu: GpuTraits, traits: CompanionTraits) -> Iterator[Clash]:
    """What a build has for a GPU; one that brings its own CUDA may compile its kernels itself."""
    name, last = f"{build.package} {build.version}", traits.last_capability
    itself = traits.without_runtime == "own" and traits.without_code != "fails"
    if not itself and lacks_code(build, gpu):
        listed = " ".join((*(build.archs or ()), *(build.ptx or ())))
        message = f"{name} has no code for {gpu.name} ({gpu.capability}): built for {listed}"
        yield Clash("companion-gpu", message, gpu.because, traits.without_code == "fails")
    elif last and gpu.capability and gpu.capability > ComputeCapability.parse(last):
        since = traits.limited_since
        if since and allows(f">={since}", build.version) is False:
            return
        message = f"{name} has kernels for GPUs up to {last}: {gpu.name} is {gpu.capability}"
        yield Clash("companion-gpu", message, gpu.because, fails=False)


def own_floor(build: CompanionBuild, machine: Machine, matrix: Matrix) -> Floor | None:
    """Return the oldest driver for the CUDA that a build uses beside torch's; None where it uses torch's."""
    traits = traits_of(build.package, matrix)
    majors = _majors(build, traits) if traits and traits.without_runtime == "own" else ()
    if not majors:
        return None
    return driver_floors(matrix, CudaVersion(majors[0], 0)).on(machine.platform)


def too_old_driver(build: CompanionBuild, machine: Machine, matrix: Matrix) -> Iterator[Clash]:
    """What brings a CUDA of its own needs a driver for that one, whatever torch is built for."""
    floor, driver = own_floor(build, machine, matrix), machine.driver
    if floor is None or driver is None or driver.release >= floor.driver:
        return
    major = cuda_majors_of(build, matrix)[0]
    if machine.driver_reports is not None and machine.driver_reports.major >= major:
        return
    message = (
        f"{build.package} {build.version} is for CUDA {major}, which needs driver {floor.driver} "
        f"or newer, not {driver}"
    )
    yield Clash("companion-driver", message, (receipt(floor.table, floor.row),))


def cuda_majors_of(build: CompanionBuild, matrix: Matrix) -> tuple[int, ...]:
    """Return the CUDA majors whose libraries a build uses; empty where it uses none, or that is not known."""
    return _majors(build, traits_of(build.package, matrix))


def _majors(build: CompanionBuild, traits: CompanionTraits | None) -> tuple[int, ...]:
    """The CUDA majors whose libraries a build uses: those that it links, else the one that it is for."""
    named = (traits.cuda,) if traits and traits.cuda else ()
    return cuda_majors(build) or named


def traits_of(package: str, matrix: Matrix) -> CompanionTraits | None:
    """Return how a companion hangs together with torch, None where that is not on record."""
    return _traits(matrix).get(package)


@worked_out_once
def _traits(matrix: Matrix) -> dict[str, CompanionTraits]:
    return {row.package: row for row in matrix.companion_traits}


def _runtime(build: CompanionBuild, torch: Torch, traits: CompanionTraits) -> Iterator[Clash]:
    majors = _majors(build, traits)
    if not majors or torch.cuda is None or traits.without_runtime == "own":
        return
    if message := none_for(build, torch.cuda, traits):
        yield Clash("companion-cuda", message, (), traits.without_runtime == "fails")
        return
    exact = [name for name in build.needs or () if name.startswith("libcudart.so.")]
    exact = exact if torch.cuda.major < ONE_RUNTIME_SINCE else []
    if torch.cuda.major in majors and (not exact or runtime_of(torch.cuda) in exact):
        return
    wanted = " or ".join(exact or [runtime_of(CudaVersion(major, 0)) for major in majors])
    if traits.cuda and not cuda_majors(build):
        wanted = f"libraries of CUDA {traits.cuda}"
    elif build.platform.startswith("windows"):
        wanted = " or ".join(f"the runtime of CUDA {major}" for major in majors)
    message = (
        f"{build.package} {build.version} asks the loader for {wanted}, "
        f"which torch for CUDA {torch.cuda} does not bring"
    )
    yield Clash("companion-cuda", message, (), traits.without_runtime == "fails")


def _cudnn(
    wanted: int, build: CompanionBuild, torch: Torch, traits: CompanionTraits
) -> Iterator[Clash]:
    """One major of cuDNN does not stand in for another, and torch pins its own."""
    if torch.cudnn == wanted or traits.without_runtime == "own":
        return
    if torch.cudnn is None:
        message = (
            f"{build.package} {build.version} asks the loader for cuDNN {wanted}, "
            f"and which one torch {torch.version} brings is not on record"
        )
        yield Clash("companion-unknown", message, (), traits.without_runtime == "fails")
        return
    message = (
        f"{build.package} {build.version} asks the loader for cuDNN {wanted}, "
        f"torch {torch.version} brings cuDNN {torch.cudnn}"
    )
    yield Clash("companion-cudnn", message, (), traits.without_runtime == "fails")


def takes(build: CompanionBuild, tag: str) -> bool:
    """Whether an installer would take a build for a Python, its own range of Pythons included."""
    if not takes_python(build, tag):
        return False
    wanted = build.requires_python
    return wanted is None or allows(wanted, f"{tag[2]}.{tag[3:].rstrip('mt')}") is not False


def _python(tag: str) -> str:
    return f"Python {tag[2]}.{tag[3:]}" if tag.startswith("cp") else tag
