"""Which JetPack a Jetson has, and how it gets its torch. Shared by the rules about Jetsons."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.gpus.rows import JetPack
from torch_doctor.matrix.store import Matrix


def jetpack_of(release: str, matrix: Matrix) -> JetPack | None:
    """Return the row of a release such as ``36.4.3``, ``R35`` or ``JetPack 6.2``; None where the matrix has none."""
    match = re.match(r"R?(\d{2})\b", release)
    l4t = int(match[1]) if match else None
    named = re.search(r"(?i)\bjetpack\W?(\d)", release)
    rows = [row for row in matrix.jetpacks if row.l4t == l4t or (named and row.jetpack == named[1])]
    return rows[-1] if rows else None


_PAGE = "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html"


def own_build(row: JetPack | None, python_tag: str | None) -> Action:
    """Return how to get the torch that NVIDIA builds for a JetPack, which is made for one Python alone."""
    if row is None:
        return fixes.by_hand(f"install the torch that NVIDIA builds for your JetPack: {_PAGE}")
    build = f"the torch that NVIDIA builds for JetPack {row.jetpack} (Python {row.python})"
    if python_tag in (None, f"cp{row.python.replace('.', '')}"):
        return fixes.by_hand(f"install {build}: {_PAGE}")
    return fixes.by_hand(
        f"make the environment with Python {row.python} and install {build} there, or use NVIDIA's container: {_PAGE}",
        f"python{row.python} -m venv --system-site-packages jetson-env",
    )
