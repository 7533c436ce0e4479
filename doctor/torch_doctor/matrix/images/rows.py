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


class ImageRequirement(NamedTuple):
    """What NVIDIA's images of a *toolkit* ask before they start: a driver that reports *cuda*, or one of *branches*.

    On a GeForce or a Titan only *geforce_branches* count. The others are named with *brands*, or with all but
    *other_brands*. *os* is the image whose text was read.
    """

    toolkit: str
    os: str
    cuda: str
    branches: tuple[int, ...]
    geforce_branches: tuple[int, ...]
    brands: tuple[str, ...]
    other_brands: tuple[str, ...]
    origin: Provenance
