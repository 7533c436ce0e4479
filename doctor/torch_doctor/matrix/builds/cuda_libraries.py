"""The libraries that torch is linked to: how their files begin, and which wheel brings them."""

from __future__ import annotations

import re

from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.matrix.builds.rows import CudaLibrary
    from torch_doctor.matrix.store import Matrix


def _rows() -> tuple[CudaLibrary, ...]:
    from torch_doctor.matrix.load import load_matrix  # only where there is a library to ask about

    return load_matrix().cuda_libraries


def components() -> dict[str, str]:
    """Return by the beginning of a file the part of the wheel's name: ``cuda-runtime`` for ``libcudart``."""
    return {row.name: row.component for row in _rows()}


def beginnings() -> tuple[str, ...]:
    """Return how the files of all begin."""
    return tuple(sorted(row.name for row in _rows()))


def of_component(component: str, matrix: Matrix) -> tuple[CudaLibrary, ...]:
    """Return the libraries of one wheel; raise LookupError where none is on record."""
    found = tuple(row for row in matrix.cuda_libraries if row.component == component)
    if not found:
        raise LookupError(component)
    return found


def component_with(stem: str, matrix: Matrix) -> str | None:
    """Return the component of a file that is a part of some library: ``cudnn`` for ``libcudnn_graph``."""
    begun = [row for row in matrix.cuda_libraries if stem.startswith(row.name)]
    return max(begun, key=lambda row: len(row.name)).component if begun else None


def is_for_each_cuda(component: str, matrix: Matrix) -> bool:
    """Whether a component has a package for each CUDA whose files have one name: ``nvidia-nccl-cu12`` and ``-cu13``."""
    return any(row.component == component for row in matrix.shared_libraries)


def wheel_of_major(component: str, major: str, matrix: Matrix) -> str | None:
    """Return the one package that has a *major* of a component; None where several CUDAs have the same."""
    packages = {
        package
        for row in matrix.toolkit_packages
        for package, version in row.pins
        if version.partition(".")[0] == major
        and re.sub(r"-cu\d+$", "", package) == f"nvidia-{component}"
    }
    return packages.pop() if len(packages) == 1 else None


def was_published(package: str, major: str, matrix: Matrix) -> bool:
    """Whether a package has releases of a *major*, by its first and its last one."""
    return any(
        int(row.first.partition(".")[0]) <= int(major) <= int(row.last.partition(".")[0])
        for row in matrix.library_ranges
        if row.package == package
    )
