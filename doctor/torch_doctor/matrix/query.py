"""Questions to the matrix. Every answer comes with its row, and "not recorded" is an answer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.matrix.builds.rows import TorchBuild, TorchRelease
from torch_doctor.matrix.gpus.folding import fold, fold_all, shared_board, without_maker
from torch_doctor.matrix.gpus.rows import Architecture, CompatHardware, GpuAlias, GpuProduct
from torch_doctor.matrix.rows import CompatPackage, CudaMajor, CudaToolkit, DriverBranch
from torch_doctor.matrix.store import Matrix, worked_out_once

_VARIANT = regex(r"([a-z]{1,2}\d{1,3})[a-z]{0,2}(?: |$)")
_SERVER_KINDS = frozenset({"data_center", "mig_slice"})


class Floor(NamedTuple):
    """The oldest driver for a CUDA, the row that says so, and the CUDA that drivers of its branch report."""

    driver: DriverRelease
    table: str
    row: CudaMajor | CudaToolkit
    reports: CudaVersion | None


class Floors(NamedTuple):
    """The oldest drivers for a CUDA; None where that is not on record."""

    linux: Floor | None = None
    windows: Floor | None = None

    def on(self, platform: str | None) -> Floor | None:
        """Return the floor of a platform: linux, windows, wsl or jetson; Linux where it is not known."""
        return self.windows if platform in ("windows", "wsl") else self.linux


class Driver(NamedTuple):
    """A driver with what is on record of it: the row of its branch, and the CUDA that its own libcuda reports."""

    release: DriverRelease
    row: DriverBranch | None
    cuda: CudaVersion | None

    @property
    def branch(self) -> int:
        """The number of its branch, 580 for 580.65.06."""
        return self.release.branch

    def __str__(self) -> str:
        return str(self.release)


class GpuMatch(NamedTuple):
    """What a GPU name means. *ambiguity* is none, form, product or architecture; *alias* is the row that decided.

    *unrecorded_form* where the name is a form of a board that no row spells, such as A100X: the rows are its board's.
    """

    rows: tuple[GpuProduct, ...]
    ambiguity: str = "none"
    alias: GpuAlias | None = None
    unrecorded_form: bool = False


def driver_floor(matrix: Matrix, cuda: CudaVersion, platform: str = "linux") -> Floor | None:
    """Return the oldest driver on which a build of *cuda* runs; *platform* is linux, windows or wsl.

    From CUDA 11 on one floor holds for the whole major; before that each toolkit needs its own driver.
    """
    return driver_floors(matrix, cuda).on(platform)


def driver_floors(matrix: Matrix, cuda: CudaVersion | None) -> Floors:
    """Return the oldest drivers on which a build of *cuda* runs, by platform; none without a CUDA."""
    if cuda is None:
        return Floors()
    return _major_floors(matrix).get(cuda.major) or _toolkit_floors(matrix, cuda)


@worked_out_once
def _major_floors(matrix: Matrix) -> dict[int, Floors]:
    return {
        row.major: Floors(
            _floor(matrix, row.linux_min, row),
            _floor(matrix, row.windows_min, row),
        )
        for row in matrix.cuda_majors
    }


@lru_cache(64)
def _toolkit_floors(matrix: Matrix, cuda: CudaVersion) -> Floors:
    found = Floors()
    for row in matrix.toolkits:
        if row.version.startswith(str(cuda)) and CudaVersion.parse(row.version) == cuda:
            found = Floors(
                _lower(found.linux, _floor(matrix, row.driver_linux, row)),
                _lower(found.windows, _floor(matrix, row.driver_windows, row)),
            )
    return found


def _lower(floor: Floor | None, other: Floor | None) -> Floor | None:
    return other if floor is None or (other and other.driver < floor.driver) else floor


def _floor(matrix: Matrix, driver: str | None, row: CudaMajor | CudaToolkit) -> Floor | None:
    table = "cuda_majors" if isinstance(row, CudaMajor) else "toolkits"
    release = driver and DriverRelease.parse(driver)
    return Floor(release, table, row, driver_reports(matrix, release)) if release else None


def driver_of(matrix: Matrix, release: DriverRelease) -> Driver:
    """Return a driver with what is on record of its branch."""
    row = driver_branch(matrix, release)
    return Driver(release, row, CudaVersion.parse(row.cuda) if row else None)


def driver_branch(matrix: Matrix, release: DriverRelease) -> DriverBranch | None:
    """Return the branch of a driver. Windows numbers its releases upward from the branch (566 is of R565)."""
    rows = _branches(matrix)
    place = bisect_right(rows, release.branch, key=lambda row: row.branch) - 1
    if place < 0 or release.branch - rows[place].branch > _WINDOWS_SPREAD:
        return None
    return rows[place]


@worked_out_once
def _branches(matrix: Matrix) -> list[DriverBranch]:
    return sorted(matrix.drivers, key=lambda row: row.branch)


# Windows releases run up to a few numbers past the branch (R570: 573.76); farther away it is another branch.
_WINDOWS_SPREAD = 4


def driver_reports(matrix: Matrix, release: DriverRelease) -> CudaVersion | None:
    """Return the CUDA that a driver's own libcuda reports, or None where its branch is not recorded."""
    return driver_of(matrix, release).cuda


def architecture_of(matrix: Matrix, capability: ComputeCapability) -> Architecture | None:
    """Return the row of a compute capability."""
    return next((row for row in matrix.architectures if row.capability == str(capability)), None)


def gpus_named(matrix: Matrix, name: str) -> GpuMatch:
    """Return what *name* means, as drivers print it or as people type it; no rows where it means nothing.

    A name that the driver prints is exact. Case, blanks, hyphens and the maker's name do not matter.
    """
    typed = fold(name)
    alias = _alias(matrix, typed)
    if alias is None:
        exact = list(_products(matrix, typed))
        if typed.startswith("geforce"):  # Drivers before R465 leave the maker out.
            exact += _products(matrix, f"nvidia {typed}")
        if exact:
            return GpuMatch(tuple(exact), _spread(exact))
        alias = _alias(matrix, without_maker(typed))
    if alias:
        meant = [row for wanted in alias.names for row in _products(matrix, fold(wanted))]
        return GpuMatch(tuple(meant), alias.ambiguity, alias)
    rows = tuple(_without_makers(matrix).get(without_maker(typed), ()))
    if not rows and (base := _base_of(typed)):
        return gpus_named(matrix, base)
    if not rows and (match := _VARIANT.match(without_maker(typed))) and match[1] != typed:
        rows = _data_centre(gpus_named(matrix, match[1]).rows)
        if rows:
            return GpuMatch(rows, _spread(rows), unrecorded_form=True)
    return GpuMatch(rows, _spread(rows)) if rows else _spelled(matrix, typed)


def _spelled(matrix: Matrix, typed: str) -> GpuMatch:
    from torch_doctor.matrix.gpus.names import spelled

    return GpuMatch(*spelled(typed, matrix))


def _base_of(typed: str) -> str | None:
    """Return the board behind the name of a share of it, ``grid t4 16q``, or of a Jetson, ``orin (nvgpu)``."""
    if typed.endswith(" (nvgpu)"):
        return typed.removesuffix(" (nvgpu)")
    return shared_board(typed)


def _data_centre(rows: tuple[GpuProduct, ...]) -> tuple[GpuProduct, ...]:
    """Return data-centre boards: letters and figures behind their names are forms (H20Z, A100D), no other chip."""
    return rows if all(row.kind in _SERVER_KINDS for row in rows) else ()


def gpus_like(matrix: Matrix, name: str, limit: int = 5) -> list[str]:
    """Return product names that look like *name*, for "did you mean"."""
    from difflib import get_close_matches

    typed = without_maker(fold(name))
    by_short = {without_maker(fold(row.name)): row.name for row in _by_name(matrix.gpus)}
    within = [short for short in by_short if typed and typed in short]
    within.sort(key=lambda short: (f"{typed} " not in f"{short} ", len(short)))
    numbers = {word for word in typed.split() if any(map(str.isdigit, word))}
    close = get_close_matches(typed, by_short, 4 * limit, 0.7)
    close.sort(key=lambda short: not numbers <= set(short.split()))
    return list(dict.fromkeys(by_short[short] for short in (*within, *close)))[:limit]


def gpu_with_pci_id(matrix: Matrix, device_id: str) -> tuple[GpuProduct, ...]:
    """Return the products that carry a PCI device id (four hexadecimal digits)."""
    wanted = device_id.upper()
    return tuple(_by_name(row for row in matrix.gpus if wanted in row.pci_ids))


def compat_package(matrix: Matrix, cuda: CudaVersion, branch: int) -> CompatPackage | None:
    """Return what is recorded about cuda-compat of *cuda* over a driver branch."""
    rows = matrix.compat_packages
    return next((row for row in rows if row.cuda == str(cuda) and row.base_branch == branch), None)


def compat_hardware(matrix: Matrix, kind: str | None) -> CompatHardware | None:
    """Return whether a kind of GPU is eligible for forward compatibility."""
    return next((row for row in matrix.compat_hardware if row.kind == kind), None)


def torch_build(matrix: Matrix, torch: str, variant: str, platform: str) -> TorchBuild | None:
    """Return the row of one build."""
    return _builds(matrix, platform).get((torch, variant))


@lru_cache(16)
def builds_for(matrix: Matrix, platform: str) -> tuple[TorchBuild, ...]:
    """Return the builds for one platform; those for the others are not even read."""
    return matrix.select(TorchBuild, platform=platform)


@lru_cache(16)
def _builds(matrix: Matrix, platform: str) -> dict[tuple[str, str], TorchBuild]:
    return {(row.torch, row.variant): row for row in builds_for(matrix, platform)}


def torch_release(matrix: Matrix, version: str) -> TorchRelease | None:
    """Return the row of one torch release."""
    return next((row for row in matrix.torch_releases if row.version == version), None)


@cache
def release_key(version: str) -> tuple[int, ...]:
    """Order releases, 2.9.1 before 2.10.0 and 1.0.1 before 1.0.1.post2."""
    return tuple(int(part) for part in version.replace("post", "").split(".") if part.isdigit())


def _alias(matrix: Matrix, folded: str) -> GpuAlias | None:
    name = _alias_names(matrix).get(folded)
    return matrix.select(GpuAlias, alias=name)[-1] if name is not None else None


@worked_out_once
def _alias_names(matrix: Matrix) -> dict[str, str]:
    names = matrix.column(GpuAlias, "alias")
    return dict(zip(fold_all(names), names, strict=True))


@lru_cache(1024)
def _products(matrix: Matrix, folded: str) -> tuple[GpuProduct, ...]:
    names = _full_names(matrix).get(folded, ())
    return tuple(row for name in names for row in matrix.select(GpuProduct, name=name))


@worked_out_once
def _full_names(matrix: Matrix) -> dict[str, list[str]]:
    names = sorted(set(matrix.column(GpuProduct, "name")))
    full: dict[str, list[str]] = {}
    for folded, name in zip(fold_all(names), names, strict=True):
        full.setdefault(folded, []).append(name)
    return full


def _by_name(rows: Iterable[GpuProduct]) -> list[GpuProduct]:
    """The order of rows means nothing: two products whose names are folded alike come out the same way."""
    return sorted(rows, key=lambda row: row.name)


@worked_out_once
def _without_makers(matrix: Matrix) -> dict[str, list[GpuProduct]]:
    """The products by name without the maker's; most names are found without it."""
    short: dict[str, list[GpuProduct]] = {}
    for row in _by_name(matrix.gpus):
        short.setdefault(without_maker(fold(row.name)), []).append(row)
    return short


def _spread(rows: list[GpuProduct] | tuple[GpuProduct, ...]) -> str:
    capabilities = {capability for row in rows for capability in row.capabilities}
    return "architecture" if len(capabilities) > 1 else "none"
