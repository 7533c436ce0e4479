"""What an image that a file asks for is made of, as far as its name tells."""

from __future__ import annotations

from torch_doctor.linter.record import UNKNOWN, ImageUse
from torch_doctor.matrix.images.names import Base, base_named
from torch_doctor.matrix.store import Matrix


def base_of(use: ImageUse | None, matrix: Matrix) -> Base | None:
    """Return what is known of an image by its name; None where the name itself is not known."""
    if use is None or UNKNOWN in use.reference:
        return None
    return base_named(use.reference, matrix)
