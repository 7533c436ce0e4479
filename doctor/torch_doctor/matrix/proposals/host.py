"""What a host proved and the matrix lacks: a GPU on which a kernel ran, its driver and CUDA, the torch that ran it."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts
from torch_doctor.core.observed import seen_to_run
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, SmTarget, TorchVersion
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.law.platform import wheel_platform
from torch_doctor.matrix.measured.differences import Difference, field_difference
from torch_doctor.matrix.proposals.rows import Proposed
from torch_doctor.matrix.query import (
    architecture_of,
    driver_branch,
    driver_floor,
    gpus_named,
    release_key,
    torch_build,
    torch_release,
)
from torch_doctor.matrix.store import Matrix, row_key

_KINDS = "data_center, consumer, consumer_laptop, workstation, workstation_laptop, jetson …"


class HostProof(NamedTuple):
    """What a host showed. *source* names it by its hardware and software alone; *left* is what could not be a row."""

    source: str
    rows: tuple[Proposed, ...]
    differences: tuple[Difference, ...]
    left: tuple[str, ...]


def proved_by(facts: Facts, matrix: Matrix) -> HostProof | None:
    """Return what *facts*, which must be redacted, prove beyond the matrix; None where no kernel was seen to run."""
    gpus = _gpus_that_ran(facts)
    if not gpus:
        return None
    found: list[Proposed | Difference | str] = [
        *_of_gpus(gpus, facts, matrix),
        *_of_driver(facts, matrix),
        *_of_torch(facts, matrix),
        *_of_libraries(facts, matrix),
        *_of_companions(facts, matrix),
    ]
    return HostProof(
        source=_source(gpus, facts),
        rows=tuple(one for one in found if isinstance(one, Proposed)),
        differences=tuple(one for one in found if isinstance(one, Difference)),
        left=tuple(one for one in found if isinstance(one, str)),
    )


def _gpus_that_ran(facts: Facts) -> dict[str, ComputeCapability]:
    """Return the capability of each model on which a kernel was seen to run."""
    results = (*facts.value("driver_kernels", ()), *facts.value("kernel_results", ()))
    ran = seen_to_run(results)
    seen = [(gpu.name, gpu.compute_capability) for gpu in facts.value("gpus", ()) if ran(gpu)]
    seen += [(result.name, result.compute_capability) for result in results if result.ok]
    return {name: capability for name, capability in seen if name and capability}


def _torch_ran(facts: Facts) -> bool:
    return any(result.ok for result in facts.value("kernel_results", ()))


def _source(gpus: dict[str, ComputeCapability], facts: Facts) -> str:
    """Return the citation: what ran, and on what."""
    with_torch = f", torch {facts.value('torch_version')}" if _torch_ran(facts) else ""
    driver = facts.value("driver_release")
    under = f", driver {driver}" if driver else ""
    return f'host:"a kernel ran on {" and ".join(gpus)}{under}{with_torch}"'


def _of_gpus(
    gpus: dict[str, ComputeCapability], facts: Facts, matrix: Matrix
) -> Iterator[Proposed | Difference | str]:
    for name, capability in gpus.items():
        if " MIG " in name:
            continue  # a slice, which its GPU's row stands for
        architecture = architecture_of(matrix, capability)
        if architecture is None:
            yield f"compute capability {capability} ({name}) has no row in architectures: NVIDIA's pages name it"
        rows = [row for row in gpus_named(matrix, name).rows if row.name == name]
        if not rows:
            yield _gpu(name, capability, architecture.name if architecture else None, gpus, facts)
        elif str(capability) not in rows[0].capabilities:
            key = row_key("gpus", rows[0])
            yield Difference(key, "capabilities", " ".join(rows[0].capabilities), str(capability))


def _gpu(
    name: str,
    capability: ComputeCapability,
    architecture: str | None,
    gpus: dict[str, ComputeCapability],
    facts: Facts,
) -> Proposed:
    ids = tuple(dict.fromkeys(one.device_id.upper() for one in facts.value("pci_gpus", ())))
    module = facts.value("kernel_module")
    cells: list[tuple[str, Any]] = [("name", name), ("capabilities", (str(capability),))]
    unfilled = [("kind", _KINDS)]
    if architecture:
        cells.append(("architecture", architecture))
    else:
        unfilled.insert(0, ("architecture", "its name, after the row of its capability"))
    if len(gpus) == len(ids) == 1:
        cells.append(("pci_ids", ids))
    if module is not None and module.flavour == "open":
        unfilled.append(("open_modules", "it ran with them: required or supported"))
    return Proposed("gpus", f"gpus/{name}", tuple(cells), tuple(unfilled))


def _of_driver(facts: Facts, matrix: Matrix) -> Iterator[Proposed | Difference | str]:
    release, cuda = facts.value("driver_release"), facts.value("driver_cuda")
    if release is None or cuda is None:
        return
    library = facts.value("driver_library_release")
    if library is not None and library != release:
        yield f"the libcuda of {library} answers for driver {release}, so it says nothing of what that driver reports"
        return
    row = driver_branch(matrix, release)
    windows = wheel_platform(facts).startswith("windows")
    if row is None or (row.branch != release.branch and not windows):
        cells = (("branch", release.branch), ("cuda", str(cuda)))
        yield Proposed("drivers", f"drivers/{release.branch}", cells)
        return
    if row.cuda != str(cuda):
        yield Difference(row_key("drivers", row), "cuda", row.cuda, str(cuda))
    field = "last_windows" if windows else "last_linux"
    last = getattr(row, field)
    if last is not None and release > type(release).parse(last):
        yield Difference(row_key("drivers", row), field, last, str(release))


def _of_torch(facts: Facts, matrix: Matrix) -> Iterator[Proposed | Difference | str]:
    version, cuda = facts.value("torch_version"), facts.value("torch_cuda")
    if not _torch_ran(facts) or version is None:
        return
    if facts.value("torch_origin") != "pytorch" or not version.is_release or not version.local:
        yield f"torch {version} is no release of pytorch.org that names its variant, so it has no row"
        return
    platform, archs = wheel_platform(facts), facts.value("arch_list", ())
    cells = {
        "torch": version.public,
        "variant": version.local,
        "platform": platform,
        "cuda": str(cuda) if cuda else None,
        "archs": tuple(str(one) for one in archs if not _is_ptx(one)) or None,
        "ptx": tuple(str(one) for one in archs if _is_ptx(one)),
        "glibc": facts.value("glibc_needed"),
        "cxx11_abi": facts.value("cxx11_abi"),
    }
    row = torch_build(matrix, version.public, version.local, platform)
    if row is None:
        yield from _build(cells, version, facts, matrix)
        if cuda and driver_floor(matrix, cuda) is None:
            yield f"CUDA {cuda} has no row in toolkits: its release notes name the driver that it came with"
        return
    for name in ("cuda", "archs", "ptx", "cxx11_abi"):
        value = cells[name]
        if value is not None and getattr(row, name) is not None:
            yield from field_difference("torch_builds", row, name, value)


def _build(
    cells: dict[str, Any], version: TorchVersion, facts: Facts, matrix: Matrix
) -> Iterator[Proposed]:
    if torch_release(matrix, version.public) is None:
        git = facts.value("torch_git")
        known = [("version", version.public), *([("git_version", git)] if git else ())]
        missing = (("pypi", "the variant that a plain pip install brings, by platform"),)
        yield Proposed("torch_releases", f"torch_releases/{version.public}", tuple(known), missing)
    filled = [(name, value) for name, value in cells.items() if value is not None]
    key = "/".join(("torch_builds", cells["torch"], cells["variant"], cells["platform"]))
    unfilled = (
        ("on_pypi", "whether the package index itself serves it, else index_url"),
        ("python_tags", f"one was seen: {facts.value('python_tag', 'none')}"),
    )
    yield Proposed("torch_builds", key, (*filled, ("status", "published")), unfilled)


def _is_ptx(target: SmTarget) -> bool:
    return str(target).startswith("compute_")


def _of_libraries(facts: Facts, matrix: Matrix) -> Iterator[Proposed | Difference]:
    """Yield cuDNN and NCCL that torch loaded and that are newer than their packages' ranges."""
    if not _torch_ran(facts):
        return
    loaded = {"cudnn": facts.value("cudnn_version"), "nccl": facts.value("nccl_version")}
    ranges = {row.package: row for row in matrix.library_ranges}
    for package in facts.value("packages", ()):
        library = package.name.removeprefix("nvidia-").partition("-")[0]
        version = loaded.get(library)
        if version is None or not f"{package.version}.".startswith(f"{version}."):
            continue  # another copy was loaded, or none
        row = ranges.get(package.name)
        if row is None:
            cells = [
                ("package", package.name),
                ("first", package.version),
                ("last", package.version),
            ]
            yield Proposed("library_ranges", f"library_ranges/{package.name}", tuple(cells))
        elif release_key(package.version) > release_key(row.last):
            yield Difference(row_key("library_ranges", row), "last", row.last, package.version)


def _of_companions(facts: Facts, matrix: Matrix) -> Iterator[str]:
    """Yield companions whose release no row holds: their wheels say what a row must, and a host does not."""
    recorded: dict[str, set[str]] = {}
    for package, version in zip(
        matrix.column(CompanionBuild, "package"),
        matrix.column(CompanionBuild, "version"),
        strict=True,
    ):
        recorded.setdefault(package, set()).add(version)
    for package in facts.value("packages", ()):
        version = package.version.partition("+")[0]
        if package.name in recorded and version not in recorded[package.name]:
            yield (
                f"{package.name} {version} has no row: torch-doctor matrix refresh --dry-run "
                f"--companions {package.name} reads its wheels"
            )
