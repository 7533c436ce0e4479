"""What is known of a tag: whether it exists, why, and which tags near it do."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.rows import Image, ImageRule
from torch_doctor.matrix.store import Matrix

REAL = ("confirmed", "expected")


class ImageAnswer(NamedTuple):
    """What is known of a tag. *exists* is yes, no or unknown; *row* is its own row; *rules* say why it is none.

    *deleted* says that it was there once.
    """

    reference: str
    exists: str
    why: str
    row: Image | None
    nearest: tuple[Image, ...]
    rules: tuple[ImageRule, ...] = ()
    deleted: bool = False


def recorded(matrix: Matrix, name: str, row: Image) -> ImageAnswer:
    """Return what the row of a tag says of it."""
    note = row.origin.note or ""
    nearest = tuple(image for image in matrix.images if image.reference in row.nearest)
    nearest = tuple(sorted(nearest, key=lambda image: row.nearest.index(image.reference)))
    if row.status == "confirmed":
        return ImageAnswer(name, "yes", "it was seen in use", row, nearest)
    if row.status == "expected":
        return ImageAnswer(
            name, "yes", "the release process makes it; nobody was seen using it", row, nearest
        )
    if row.status == "absent":
        return ImageAnswer(name, "no", note or "it is known not to exist", row, nearest)
    return ImageAnswer(name, "unknown", note or "there is no evidence that it exists", row, nearest)
