"""The receipt of a row: where its claim comes from."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple


class Provenance(NamedTuple):
    """Origin of a row: *how* is docs, metadata, binary, measured or derived, *confidence* high, medium or low."""

    source: str
    checked: str
    how: str
    confidence: str = "high"
    note: str | None = None
    dispute: str | None = None
