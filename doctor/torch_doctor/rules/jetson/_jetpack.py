"""Which JetPack a Jetson has. Shared by the rules of this folder."""

from __future__ import annotations

import re

from torch_doctor.matrix.rows import JetPack
from torch_doctor.matrix.store import Matrix


def jetpack_of(release: str, matrix: Matrix) -> JetPack | None:
    """Return the row of an L4T release such as ``36.4.3`` or ``R35``, or None where the matrix has none."""
    match = re.match(r"R?(\d{2})\b", release)
    l4t = int(match[1]) if match else None
    return next((row for row in matrix.jetpacks if row.l4t == l4t), None)
