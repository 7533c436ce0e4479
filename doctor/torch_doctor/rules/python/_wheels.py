"""Which Python or which build to name, where an installer found no torch. Shared by the rules of this folder."""

from __future__ import annotations

import re

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.python._indexes import pytorch_indexes, torch_wanted

_CP = re.compile(r"cp3(\d+)")


def another_python(wish: UnresolvedRequirement, matrix: Matrix) -> str:
    """Name the Pythons that the wished release has wheels for; those of the newest one where none is named."""
    release = torch_wanted((wish.requirement,))
    rows = [row for row in matrix.torch_builds if row.torch == release and row.python_tags]
    if not rows:
        rows = [row for row in matrix.torch_builds if row.python_tags and not row.cuda]
        release = max((row.torch for row in rows), key=release_key, default=None)
        rows = [row for row in rows if row.torch == release]
    minors = {int(m[1]) for row in rows for tag in row.python_tags or () if (m := _CP.match(tag))}
    if not minors:
        return "use a Python that torch has wheels for, and an index that serves this platform"
    return (
        f"use a 64-bit Python 3.{min(minors)} to 3.{max(minors)}, which torch {release} has wheels for: "
        f"uv venv --python 3.{max(minors)}; a Python that just came out has wheels only from the next torch on"
    )


def named_build(wish: UnresolvedRequirement, indexes: tuple[str, ...]) -> str:
    """Name the build with its local version: the bare version may be another platform's file on that index."""
    release = torch_wanted((wish.requirement,)) or "X.Y.Z"
    named = [index for index in pytorch_indexes(indexes) if index.tag.startswith("cu")]
    tag = named[0].tag if named else "cu128"
    such = "" if named and release != "X.Y.Z" else "such as "
    return f"name the build and its index: {such}torch=={release}+{tag} from https://download.pytorch.org/whl/{tag}"
