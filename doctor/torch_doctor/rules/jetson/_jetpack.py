"""Which JetPack a Jetson has, and how it gets its torch. Shared by the rules about Jetsons."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.gpus.rows import JetPack, JetsonWheel
from torch_doctor.matrix.store import Matrix


def jetpack_of(release: str, matrix: Matrix) -> JetPack | None:
    """Return the row of a release such as ``36.4.3``, ``R35`` or ``JetPack 6.2``; None where the matrix has none."""
    match = re.match(r"R?(\d{2})\b", release)
    l4t = int(match[1]) if match else None
    named = re.search(r"(?i)\bjetpack\W?(\d)", release)
    rows = [row for row in matrix.jetpacks if row.l4t == l4t or (named and row.jetpack == named[1])]
    return rows[-1] if rows else None


_PAGE = "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html"


def own_build(release: str | None, python_tag: str | None, matrix: Matrix) -> Action:
    """Return how to get the torch that NVIDIA builds for a JetPack, which is made for one Python alone.

    *release* is what a Jetson says of its software; *python_tag* is the Python of the environment, cp310.
    """
    row = jetpack_of(release, matrix) if release else None
    if row is None or release is None:
        return fixes.by_hand(f"install the torch that NVIDIA builds for your JetPack: {_PAGE}")
    wheel = _wheel(release, matrix)
    build = f"the torch that NVIDIA builds for JetPack {row.jetpack} (Python {row.python})"
    more = f"; it needs {wheel.needs}, too" if wheel and wheel.needs else ""
    more += f": {_PAGE}"
    address = wheel.address if wheel else None
    if python_tag in (None, f"cp{row.python.replace('.', '')}"):
        install = (f"python -m pip install --no-cache-dir {address}",)
        return fixes.by_hand(f"install {build}{more}", *(install if wheel else ()))
    fresh = f"python{row.python} -m venv --system-site-packages jetson-env"
    install = (f"jetson-env/bin/python -m pip install --no-cache-dir {address}",)
    return fixes.by_hand(
        f"make the environment with Python {row.python} and install {build} there, or use NVIDIA's container{more}",
        fresh,
        *(install if wheel else ()),
    )


def newer_builds(
    release: str | None, python_tag: str | None, torch: TorchVersion, matrix: Matrix
) -> list[Action]:
    """Return what has a build for the board that is newer than NVIDIA's own, for who has a *torch* newer than that."""
    row = _wheel(release, matrix) if release else None
    own = re.search(r"/torch-(\d+\.\d+)", row.address) if row else None
    if row is None or own is None or row.newer is None or _key(own[1]) >= torch.release[:2]:
        return []
    if python_tag not in (None, f"cp{row.python.replace('.', '')}"):
        return []
    older = "" if torch.release[:2] <= _key(row.newer)[:2] else f", older than {torch.public}"
    text = (
        f"install torch {row.newer}{older} from the Jetson AI Lab's index, which builds for this JetPack "
        f"(Python {row.python}; NVIDIA's own ends with {own[1]}); it needs {row.newer_needs}, too"
    )
    install = (
        f"python -m pip install --force-reinstall torch=={row.newer} --index-url {row.newer_at}"
    )
    return [fixes.by_hand(text, install)]


def _wheel(release: str, matrix: Matrix) -> JetsonWheel | None:
    """Return the wheel for a release that tells its minor; a major alone has several."""
    numbered = re.match(r"R?(\d{2})\.(\d+)", release)
    named = re.search(r"(?i)\bjetpack\W?(\d\.\d)", release)
    if numbered:
        l4t = int(numbered[1]), int(numbered[2])
        rows = [w for w in matrix.jetson_wheels if _key(w.first) <= l4t < _key(w.end)]
    else:
        rows = [w for w in matrix.jetson_wheels if named and named[1] in w.jetpacks]
    return rows[0] if rows else None


def _key(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
