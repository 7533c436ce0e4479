"""Whether an image brings a cuda-compat library, by its family and kind, or by what its registry tells."""

from __future__ import annotations

from torch_doctor.matrix.images.config import ImageConfig
from torch_doctor.matrix.images.rows import ImageCompat
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

# Variables of NVIDIA's images of CUDA and of its frameworks, which images made from them keep.
_VARIABLES = ("NV_CUDA_COMPAT_PACKAGE", "_CUDA_COMPAT_PATH")


def compat_of(
    family: str, kind: str | None, torch: str | None, matrix: Matrix
) -> ImageCompat | None:
    """Return the row that says whether such an image brings cuda-compat, None where none does."""
    for row in matrix.image_compat:
        if row.family != family or row.kind not in (None, kind):
            continue
        if row.first_torch and (not torch or release_key(torch) < release_key(row.first_torch)):
            continue
        return row
    return None


def configured_compat(config: ImageConfig | None) -> bool:
    """Whether the registry's configuration of an image names the cuda-compat that it brings."""
    return config is not None and config.value(*_VARIABLES) is not None
