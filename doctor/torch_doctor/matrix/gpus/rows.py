"""Rows about what people call GPUs; their tables stand in matrix/rows.py."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance


class CloudInstance(NamedTuple):
    """A type of cloud instance and the GPU that it has; *pattern* fits a whole name of the type, in small letters."""

    name: str
    provider: str
    gpu: str
    pattern: str
    origin: Provenance
