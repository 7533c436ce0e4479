"""Rows about images that are told by family and kind, not tag by tag."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance


class ImageCompat(NamedTuple):
    """Whether images of a *family* and *kind* (None: of every kind) bring cuda-compat for their own CUDA.

    NVIDIA's container toolkit puts it in place of an older driver's libcuda. *first_torch*: nothing is known of images
    with an older torch. What has no row is not known to bring any.
    """

    family: str
    kind: str | None
    brings: bool
    first_torch: str | None
    origin: Provenance
