"""Which package lacks the code for a GPU, and what helps: a release that has it, or a build of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ExtensionBuild, Package
from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget, TorchVersion, allows
from torch_doctor.fixes.actions import ask_fact, build_package, by_hand
from torch_doctor.fixes.kinds import InstallPackages
from torch_doctor.fixes.questions.which_build import CUDA, of_extension
from torch_doctor.matrix.builds.beside import traits_of
from torch_doctor.matrix.builds.per_cuda import none_for
from torch_doctor.matrix.builds.query import builds_of, cuda_majors
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import suspects


def published(
    package: str,
    torch: TorchVersion | None,
    cuda: CudaVersion | None,
    matrix: Matrix,
    packages: tuple[Package, ...] = (),
) -> Iterator[Action]:
    """Yield how *package* is installed from the page of its builds, by torch and CUDA, where it has one."""
    page = next((row for row in matrix.wheel_pages if row.package == package), None)
    if page is None or (torch and page.last and torch.release[:2] > _key(page.last)):
        return
    spec = _with_operators(package, packages)
    if torch is None or cuda is None:
        yield ask_fact(of_extension(spec, page.address, torch, page.last, matrix), CUDA)
        return
    short = ".".join(torch.public.split(".")[:2])
    link = page.address.format(full=torch.public, short=short, tag=cuda.tag)
    text = f"install the build of {spec} for this torch and its CUDA, from {link}"
    yield by_hand(text, f"python -m pip install --force-reinstall --no-deps {spec} -f {link}")


def _with_operators(package: str, packages: tuple[Package, ...]) -> str:
    """Return what is to be installed: before 2.0 the package mmcv-full had mmcv's operators, and mmcv had none."""
    there = next((one.version for one in packages if one.name == package), None)
    if package == "mmcv" and there and there.startswith("1."):
        return f"mmcv-full=={there}"
    return package


def for_gpu(
    gpu: GpuTraits,
    packages: tuple[Package, ...],
    matrix: Matrix,
    built: Iterable[ExtensionBuild] = (),
    named: str | None = None,
) -> Iterator[Action]:
    """Yield what gives an extension code for *gpu*: *built* ones are built again, others come in releases.

    *named* is the package that an error names; otherwise the installed ones are looked at.
    """
    capability = gpu.capability
    target = str(capability) if capability else None
    own = next((build.name for build in built if build.arch_list), None)
    package = own or named or _suspect(packages, capability, matrix)
    if own:
        text = f"build {own} again for {gpu.name}, on a machine that has one or with its capability named"
        yield build_package(text, own, target)
        return
    if package is None:
        text = f"build the package that fails again for {gpu.name}, against the torch that is installed"
        yield build_package(text, None, target)
        yield by_hand("use a release of that package that supports this GPU")
        return
    yield from _with_code(package, gpu, packages, matrix)


def _with_code(
    package: str, gpu: GpuTraits, packages: tuple[Package, ...], matrix: Matrix
) -> Iterator[Action]:
    """Yield the release of *package* that has code for *gpu*, where its builds were measured, and how to build it."""
    capability = gpu.capability
    if capability is None:
        yield from _for_any(package)
        return
    target = str(capability)
    rows = _measured(package, matrix)
    if not rows:
        text = (
            f"use a release of {package} that has code for {gpu.name} ({target}), or build it for that GPU, against "
            "the torch that is installed"
        )
        yield build_package(text, package, target)
        return
    serving = [row for row in rows if _serves(row, capability)]
    if not serving:
        text = (
            f"no published {package} has code for {gpu.name} ({target}): build it from source for {target}, "
            "or use another GPU or another engine"
        )
        yield build_package(text, package, target)
        return
    installed = next((one.version for one in packages if one.name == package), None)
    other = _other_release(serving, installed)
    if other is not None:
        text = f"install {package} {other}, which has code for {gpu.name}"
        yield InstallPackages(text, (f"{package}=={other}",), None, deps=True)
    text = f"build {package} for {gpu.name}, against the torch that is installed"
    yield build_package(text, package, target)


def _for_any(package: str) -> Iterator[Action]:
    """Yield what decides where nobody names the GPU, and the build that needs no name of it."""
    text = (
        f"see the compute capability of the GPU: a release of {package} that has code for it serves, and without one "
        "it is built for that GPU"
    )
    yield ask_fact(text, "nvidia-smi --query-gpu=name,compute_cap --format=csv")
    own = f"build {package} on the machine that has the GPU, for which it is then compiled, against the torch there"
    yield build_package(own, package)


def for_cuda(
    package: str, major: int, torch: TorchVersion | None, matrix: Matrix
) -> Iterator[Action]:
    """Yield the release of *package* that is linked to CUDA *major* and goes with *torch*, where one is on record.

    Where nobody knows the torch, one that brings its own.
    """
    rows = [
        row
        for row in builds_of(matrix, package)
        if cuda_majors(row) == (major,)
        and (torch is None or row.torch is None or _pins(row, torch.public))
    ]
    newest = max(rows, key=lambda row: _key(row.version), default=None)
    if newest is not None and (torch is not None or _brings(newest)):
        version = newest.version
        goes = f"goes with torch {torch.public}" if torch else "brings the torch that it goes with"
        fits = f" and {goes}" if newest.torch else ""
        text = f"install {package} {version}, which is built for CUDA {major}{fits}"
        # What pins others brings those of its own release.
        yield InstallPackages(text, (f"{package}=={version}",), deps=bool(newest.pins))


def _brings(row: CompanionBuild) -> bool:
    """Whether a release asks for one torch alone, which an installer then brings."""
    return (row.torch or "").startswith("==")


def first_for(
    package: str, cuda: CudaVersion | None, torch: TorchVersion | None, matrix: Matrix
) -> str | None:
    """Return the oldest release on record of a *package* for several CUDAs that serves this one beside *torch*."""
    traits = traits_of(package, matrix)
    fitting = (
        row.version
        for row in builds_of(matrix, package)
        if cuda is not None
        and cuda.major in (cuda_majors(row) or ())
        and not (traits and none_for(row, cuda, traits))
        and (torch is None or row.torch is None or allows(row.torch, torch.public) is True)
    )
    return min(fitting, key=_key, default=None)


def pinned_to(torch: str, package: str, cuda: CudaVersion | None, matrix: Matrix) -> str | None:
    """Return the newest release of *package* whose builds pin *torch*, and link no other CUDA than *cuda*."""
    rows = [row for row in builds_of(matrix, package) if _pins(row, torch)]
    fitting = (
        row.version
        for row in rows
        if cuda is None or cuda.major in (cuda_majors(row) or (cuda.major,))
    )
    return max(fitting, key=_key, default=None)


def _pins(row: CompanionBuild, torch: str) -> bool:
    """Whether a build is for this torch alone: a lower bound promises nothing of later ones."""
    pin = row.torch or ""
    return pin.startswith("==") and allows(pin, torch) is True


def _suspect(
    packages: tuple[Package, ...], capability: ComputeCapability | None, matrix: Matrix
) -> str | None:
    """The installed package of which it is on record that it lacks the code; else the likeliest one."""
    versions = {package.name: package.version for package in packages}
    there = [name for name in suspects(matrix) if name in versions]
    for name in there:
        rows = [row for row in _measured(name, matrix) if row.version == versions[name]]
        rows = rows or list(_measured(name, matrix))
        if capability and rows and not any(_serves(row, capability) for row in rows):
            return name
    return there[0] if there else None


def _measured(package: str, matrix: Matrix) -> tuple[CompanionBuild, ...]:
    rows = builds_of(matrix, package)
    return tuple(row for row in rows if row.archs)


def _serves(row: CompanionBuild, capability: ComputeCapability) -> bool:
    targets = map(SmTarget.parse, (*(row.archs or ()), *(row.ptx or ())))
    return any(
        cubin_runs(target, capability) or ptx_compiles(target, capability) for target in targets
    )


def _other_release(serving: list[CompanionBuild], installed: str | None) -> str | None:
    """The first newer release that has the code, or else the last one."""
    versions = list(dict.fromkeys(row.version for row in serving))
    if installed is None or installed in versions:
        return None
    newer = [version for version in versions if _key(version) > _key(installed)]
    return min(newer, key=_key) if newer else max(versions, key=_key, default=None)


def _key(version: str) -> tuple[int, ...]:
    return tuple(
        int(part) for part in version.split("+", maxsplit=1)[0].split(".") if part.isdigit()
    )
