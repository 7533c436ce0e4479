"""Load the compiled matrix: JSON tables, read when first asked for. YAML is never read in an installed wheel."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.matrix.paths import COMPILED_BY, DATA, SOURCES
from torch_doctor.matrix.store import Matrix

if TYPE_CHECKING:
    from pathlib import Path


def load_matrix(overlay: Path | None = None) -> Matrix:
    """Return the matrix of this installation, with the rows of *overlay* (a folder of YAML) added or replaced.

    In a checkout whose YAML is newer than the compiled tables, compile it first. Raise MatrixError where it is unsound.
    """
    if overlay is not None or _is_stale():
        from pathlib import Path

        from torch_doctor.matrix.source.compile import compile_matrix, write_compiled

        tables = compile_matrix(Path(SOURCES) if os.path.isdir(SOURCES) else None, overlay)
        if overlay is None:
            with suppress(OSError):  # a read-only checkout: compiled again next time
                write_compiled(tables, Path(DATA))
        return Matrix(tables["index"], tables["tables"].__getitem__)
    index = os.path.join(DATA, "index.json")
    return _kept(index, os.stat(index).st_mtime_ns)


@lru_cache(maxsize=1)
def _kept(_index: str, _written: int) -> Matrix:
    """Keep the matrix for who judges many reports in one process: its rows are made once."""
    return Matrix(_read("index"), _read)


def _read(name: str) -> Any:  # JSON that was checked when it was made
    with open(os.path.join(DATA, f"{name}.json"), "rb") as file:
        return json.loads(file.read())


def _is_stale() -> bool:
    """Whether this is a checkout whose YAML (a file of it, or a folder's list of files) is newer than the tables.

    The types of the rows, and what compiles them, make older tables as stale.
    """
    if not os.path.isfile(os.path.join(SOURCES, "cuda.yaml")):
        return False
    compiled = os.path.join(DATA, "index.json")
    if not os.path.isfile(compiled):
        return True
    written = os.path.getmtime(compiled)
    if any(os.path.getmtime(path) > written for path in COMPILED_BY):
        return True
    return any(
        os.path.getmtime(path) > written
        for folder, _, names in os.walk(SOURCES)
        for path in (
            folder,
            *(os.path.join(folder, name) for name in names if name.endswith(".yaml")),
        )
    )
