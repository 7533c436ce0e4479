"""The libraries that torch is linked to: how their files begin, and which wheel brings them."""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.matrix.builds.rows import CudaLibrary
    from torch_doctor.matrix.store import Matrix


def _rows() -> tuple[CudaLibrary, ...]:
    from torch_doctor.matrix.load import load_matrix  # only where there is a library to ask about

    return load_matrix().cuda_libraries


def component_of(stem: str) -> str | None:
    """Return the part of the wheel's name, ``cuda-runtime`` for ``libcudart``; None for no library of torch's."""
    return next((row.component for row in _rows() if row.name == stem), None)


def beginnings() -> tuple[str, ...]:
    """Return how the files of all begin."""
    return tuple(sorted(row.name for row in _rows()))


def of_component(component: str, matrix: Matrix) -> tuple[CudaLibrary, ...]:
    """Return the libraries of one wheel; raise LookupError where none is on record."""
    found = tuple(row for row in matrix.cuda_libraries if row.component == component)
    if not found:
        raise LookupError(component)
    return found
