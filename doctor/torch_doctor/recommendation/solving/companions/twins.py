"""Packages that are one for several CUDA majors, each under a name of its own: tensorrt-cu12 beside tensorrt."""

from __future__ import annotations

from torch_doctor.core.startup import regex
from torch_doctor.matrix.store import Matrix

_MAJOR = regex(r"-cu(?:da)?\d+x?(?=-|$)")


def twins(package: str, matrix: Matrix) -> tuple[str, ...]:
    """Return the packages on record that are *package* for one CUDA major, newest major first."""
    stem = _MAJOR.sub("", package)
    rows = [row for row in matrix.companion_traits if row.cuda and row.package != package]
    same = [row for row in rows if _MAJOR.sub("", row.package) == stem and row.package != stem]
    return tuple(row.package for row in sorted(same, key=lambda row: -(row.cuda or 0)))
