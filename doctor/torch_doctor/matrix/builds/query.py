"""Questions about the builds of companion packages. The table is read when one of them is asked, and not before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing
from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget, allows
from torch_doctor.matrix.builds.rows import CompanionBuild, CompanionTraits, LibraryMajor
from torch_doctor.matrix.builds.systems import CapabilityCeiling, CapabilityFloor, HeaderStandard
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.store import Matrix, worked_out_once

# Libraries whose number is the CUDA major. Others count by themselves: CUDA 12 and 13 both have a libcusparse.so.12.
_BY_CUDA = regex(
    r"(?:lib(?:cudart|cublas|cublasLt|nvrtc|nvJitLink)\.so\.|(?:cudart|cublas|cublasLt|nvrtc|nvJitLink)64_)(\d\d)"
)

_CUDNN = regex(r"libcudnn\.so\.(\d+)|cudnn64_(\d+)\.dll")


def builds_of(
    matrix: Matrix, package: str, version: str | None = None
) -> tuple[CompanionBuild, ...]:
    """Return the builds on record of one release, or of all, by version, platform and ABI whatever the rows' order.

    None means that there is none on record, not that there is none.
    """
    chosen = {"package": package} if version is None else {"package": package, "version": version}
    rows = matrix.select(CompanionBuild, **chosen)
    return tuple(sorted(rows, key=lambda row: (row.version, row.platform, row.abi)))


def pins_of(build: CompanionBuild, platform: str | None) -> tuple[tuple[str, str], ...]:
    """Return what a build pins on *platform*; where that is not known, all that it pins on any."""
    elsewhere = {
        name for name, there in build.pins_on if platform and platform not in there.split()
    }
    return tuple(pin for pin in build.pins if pin[0] not in elsewhere)


def off_its_systems(
    build: CompanionBuild, system: str | None, traits: CompanionTraits
) -> tuple[str, str] | None:
    """Return the kind and the words of what speaks against a *system* that its makers do not name, else None.

    What they do not name may be built all the same; an extra for the GPU has nothing to bring elsewhere, and a wheel
    of Python alone is taken by an installer anywhere. A Jetson runs Linux.
    """
    if not traits.systems or not system or system in traits.systems:
        return None
    named = f"its makers name {listing(traits.systems)}"
    if build.abi == "source":
        words = f"whether {build.package} can be built on {system} is not on record: {named}"
        return "companion-unknown", words
    if build.platform == "any" and not (system == "jetson" and "linux" in traits.systems):
        words = f"{build.package} {build.version} is not made for {system}, though its wheel installs there: {named}"
        return "companion-platform", words
    if build.extra is None:
        return None
    words = f"{build.package}[{build.extra}] {build.version} has nothing for the GPU on {system}: {named}"
    return "companion-platform", words


def older_standard(
    build: CompanionBuild, torch: str, system: str | None, traits: CompanionTraits, matrix: Matrix
) -> Iterator[tuple[str, str, HeaderStandard]]:
    """Yield kind, words and row of what torch's headers say against the C++ that a source is compiled as."""
    if build.cxx == "torch" or traits.without_runtime == "own":
        return
    name = f"{build.package} {build.version}"
    for row in matrix.header_standards:
        same = (row.system == "windows") == (system == "windows")
        if not same or allows(f">={row.since}", torch) is not True:
            continue
        asks = f"torch's headers ask for C++{row.cxx} from {row.since} on"
        if build.cxx is None:
            words = f"as which C++ the source of {name} is compiled is not on record, and {asks}"
            yield "companion-unknown", words, row
        elif int(build.cxx) < int(row.cxx):
            words = (
                f"{name} cannot be compiled: its source is compiled as C++{build.cxx}, and {asks}"
            )
            yield "companion-build", words, row


def floor_of(package: str, matrix: Matrix, version: str | None = None) -> CapabilityFloor | None:
    """Return what the makers of a package ask of every GPU: for *version*, or where that is None for all releases."""
    rows = [row for row in matrix.capability_floors if row.package == package]
    held = [
        row
        for row in rows
        if row.since is None or (version and allows(f">={row.since}", version) is not False)
    ]
    return max(held, key=lambda row: ComputeCapability.parse(row.capability), default=None)


def too_old_gpus(
    package: str, machine: Machine, matrix: Matrix, version: str | None = None
) -> tuple[GpuTraits, ...]:
    """Return the GPUs that are older than the makers of a package ask for: in *version*, or in all its releases."""
    row = floor_of(package, matrix, version)
    if row is None:
        return ()
    least = ComputeCapability.parse(row.capability)
    gpus = machine.gpus or ()
    return tuple(gpu for gpu in gpus if gpu.capability is not None and gpu.capability < least)


def too_new_gpus(
    build: CompanionBuild, machine: Machine, matrix: Matrix
) -> tuple[tuple[GpuTraits, CapabilityCeiling], ...]:
    """Return the GPUs that a release of a package was made before, each with the row that says so."""
    rows = [
        row
        for row in matrix.capability_ceilings
        if row.package == build.package and allows(f"<{row.before}", build.version)
    ]
    return tuple(
        (gpu, row)
        for row in rows
        for gpu in machine.gpus or ()
        if gpu.capability and gpu.capability > ComputeCapability.parse(row.capability)
    )


def ended_gpus(traits: CompanionTraits, machine: Machine) -> tuple[GpuTraits, ...]:
    """Return the GPUs for which the CUDA that a package brings compiles nothing any more."""
    own = traits.cuda if traits.without_runtime == "own" else None
    ends = ((gpu, gpu.architecture and gpu.architecture.last_cuda) for gpu in machine.gpus or ())
    return tuple(gpu for gpu, last in ends if own and last and CudaVersion.parse(last).major < own)


def is_there(build: CompanionBuild, platform: str | None) -> bool:
    """Whether a build is for *platform*: one for any system that has libraries of Linux is for that alone."""
    if build.platform == "any" and any(".so" in name for name in build.needs or ()):
        return platform in (None, "linux-x86_64")
    return build.platform in ("any", platform)


def code_elsewhere(build: CompanionBuild, matrix: Matrix) -> bool:
    """Whether a build was read and holds no GPU code, where that of the same release for another platform does."""
    if build.archs != () or build.ptx or build.platform == "any":
        return False
    return any(other.archs for other in builds_of(matrix, build.package, build.version))


def cuda_majors(build: CompanionBuild) -> tuple[int, ...] | None:
    """Return the CUDA majors whose runtime libraries a build asks the loader for; None where that was not measured.

    Empty: none is linked (no CUDA code, a runtime linked statically, or libraries opened by name when used). More than
    one: the package brings a library for each and takes the one that fits.
    """
    return None if build.needs is None else _majors_of(build.needs)


@lru_cache(maxsize=256)
def _majors_of(needs: tuple[str, ...]) -> tuple[int, ...]:
    found = (_BY_CUDA.match(name) for name in needs)
    return tuple(sorted({int(match[1]) for match in found if match}))


def cudnn_major(build: CompanionBuild, matrix: Matrix) -> int | None:
    """Return the major of the cuDNN that a build asks the loader for, or opens by name; None where it is for none."""
    found = _cudnn_in(build.needs) if build.needs else None
    if found is not None:
        return found
    for row in _cudnn_opened(matrix).get(build.package, ()):
        within = f">={row.first},<={row.last}" if row.last else f">={row.first}"
        if allows(within, build.version):
            return int(row.major)
    return None


@worked_out_once
def _cudnn_opened(matrix: Matrix) -> dict[str, list[LibraryMajor]]:
    """Return the rows of packages that are made for one major of cuDNN, whatever their modules are linked to."""
    found: dict[str, list[LibraryMajor]] = {}
    for row in matrix.library_majors:
        if row.library == "cudnn":
            found.setdefault(row.package, []).append(row)
    return found


@lru_cache(256)
def _cudnn_in(needs: tuple[str, ...]) -> int | None:
    found = (match for name in needs if "cudnn" in name and (match := _CUDNN.fullmatch(name)))
    return next((int(match[1] or match[2]) for match in found), None)


def takes_python(build: CompanionBuild, tag: str) -> bool:
    """Whether an installer would take the build for a Python, cp313 or cp313t; what requires_python adds is not asked.

    The stable ABI (abi3) is not for free-threaded Pythons.
    """
    if build.abi in ("none", "source"):
        return True
    if build.abi == "cpython":
        return tag in build.python_tags
    wanted = _number(tag)
    oldest = min((_number(text) or 0 for text in build.python_tags), default=0)
    return wanted is not None and not tag.endswith("t") and wanted >= oldest


@lru_cache(maxsize=256)
def _number(tag: str) -> int | None:
    match = re.fullmatch(r"cp3(\d{1,2})[mt]?", tag)
    return int(match[1]) if match else None


def lacks_code(build: CompanionBuild, gpu: GpuTraits) -> bool:
    """Whether no module of the build has code that the GPU runs; False where that was not measured."""
    if not build.archs or build.ptx is None or gpu.capability is None:
        return False
    return not _serves((*build.archs, *build.ptx), gpu.capability)


@lru_cache(
    1024
)  # neighbouring releases have the same code, and one is asked about beside many builds of torch
def _serves(targets: tuple[str, ...], capability: ComputeCapability) -> bool:
    read = map(SmTarget.parse, targets)
    return any(cubin_runs(t, capability) or ptx_compiles(t, capability) for t in read)
