"""Whether a release of the package cuda-toolkit goes with the releases of NVIDIA's libraries that torch pins."""

from __future__ import annotations

from collections.abc import Mapping

from torch_doctor.core.version import allows
from torch_doctor.matrix.builds.rows import ToolkitPackage
from torch_doctor.matrix.store import Matrix

TOOLKIT = "cuda-toolkit"


def toolkit_apart(spec: str, pins: Mapping[str, str], matrix: Matrix) -> ToolkitPackage | None:
    """Return the nearest release that *spec* (``==12.*``) allows where each asks for another library than *pins*.

    None where one goes with them, and where none of them is on record.
    """
    allowed = [row for row in matrix.toolkit_packages if allows(spec, row.version)]
    apart = {row.version: libraries_apart(row, pins) for row in allowed}
    if not allowed or not all(apart.values()):
        return None
    return min(reversed(allowed), key=lambda row: len(apart[row.version]))


def libraries_apart(row: ToolkitPackage, pins: Mapping[str, str]) -> tuple[str, ...]:
    """Name the libraries of which a release of the toolkit asks for another release than *pins*."""
    return tuple(
        package
        for package, version in row.pins
        if pins.get(package, "")[:1].isdigit() and not f"{pins[package]}.".startswith(f"{version}.")
    )
