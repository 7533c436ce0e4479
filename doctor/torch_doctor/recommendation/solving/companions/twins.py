"""Packages that are one under several names: tensorrt-cu12 beside tensorrt, triton-windows in place of triton."""

from __future__ import annotations

from torch_doctor.core.startup import regex
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.store import Matrix

_MAJOR = regex(r"-cu(?:da)?\d+x?(?=-|$)")
_SYSTEMS = ("windows", "linux")


def twins(package: str, matrix: Matrix) -> tuple[str, ...]:
    """Return the packages on record that are *package* for one CUDA major, newest major first."""
    stem = _MAJOR.sub("", package)
    rows = [row for row in matrix.companion_traits if row.cuda and row.package != package]
    same = [row for row in rows if _MAJOR.sub("", row.package) == stem and row.package != stem]
    return tuple(row.package for row in sorted(same, key=lambda row: -(row.cuda or 0)))


def ports(package: str, matrix: Matrix) -> tuple[str, ...]:
    """Return the packages on record that are *package* for one system, under a name of their own."""
    names = (f"{package}-{system}" for system in _SYSTEMS)
    return tuple(name for name in names if matrix.select(CompanionBuild, package=name))
