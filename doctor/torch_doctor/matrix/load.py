"""Load the matrix in force: packaged JSON tables, or those that the user took. A wheel never reads YAML."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.paths import COMPILED_BY, DATA, SOURCES, newest
from torch_doctor.matrix.store import Matrix, MatrixError
from torch_doctor.matrix.taken.aside import may_wait
from torch_doctor.matrix.taken.place import NAME, data_folder

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.matrix.taken.stored import Taken


class InForce(NamedTuple):
    """The matrix that answers. *taken* is what the user took; *unfit* why that does not answer, though it should."""

    matrix: Matrix
    packaged: Matrix
    taken: Taken | None
    unfit: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the matrix that the user took answers."""
        return self.taken is not None and self.matrix is self.taken.matrix


def load_matrix(overlay: Path | None = None) -> Matrix:
    """Return the matrix that is in force, with the rows of *overlay* (a folder of YAML) added or replaced.

    In a checkout whose YAML is newer than the compiled tables, compile it first. Raise MatrixError where it is unsound.
    """
    found = in_force()
    if overlay is None:
        return found.matrix
    from pathlib import Path

    from torch_doctor.matrix.source.compile import compile_matrix

    checkout = os.path.isdir(SOURCES) and not found.is_taken
    tables = compile_matrix(Path(SOURCES) if checkout else None, overlay, found.matrix)
    return Matrix(tables["index"], tables["tables"].__getitem__)


def in_force(folder: str | None = None) -> InForce:
    """Return the matrix that answers: the packaged one, unless the user took one that is newer or was to be older.

    *folder* is another one than that of the user's data.
    """
    packaged = _packaged()
    folder = folder or data_folder(os.environ)
    taken = _taken(None if folder is None else os.path.join(folder, NAME))
    if taken is None:
        return InForce(packaged, packaged, None)
    if isinstance(taken, str):
        return InForce(packaged, packaged, None, taken)
    if packaged.version > max(taken.matrix.version, taken.beside):
        return InForce(packaged, packaged, taken)
    if taken.matrix.shape != packaged.shape:
        why = f"the matrix in {taken.path} was compiled for another release of torch-doctor"
        return InForce(packaged, packaged, taken, why)
    return InForce(taken.matrix, packaged, taken)


def asked() -> InForce | None:
    """Return the matrix that answered in this process, None where none was asked."""
    return in_force() if _taken.cache_info().currsize else None


def look_again() -> None:
    """Forget which matrix the user took: it was replaced."""
    _taken.cache_clear()


@lru_cache(maxsize=2)
def _taken(path: str | None) -> Taken | str | None:
    """Keep what was found for as long as the process lives, so that all its answers are those of one matrix."""
    if path is None or not (may_wait(path) or os.path.exists(path)):
        return None
    from torch_doctor.matrix.taken.stored import read_taken

    try:
        return read_taken(path)
    except MatrixError as error:
        return f"the matrix that was taken is not used: {error}"


def _packaged() -> Matrix:
    if _is_stale():
        from pathlib import Path

        from torch_doctor.matrix.source.compile import compile_matrix, write_compiled

        tables = compile_matrix(Path(SOURCES))
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
    return newest(SOURCES, ".yaml") > written
