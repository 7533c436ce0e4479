"""NVIDIA's packages of one library for two CUDA majors: which of them write the same files."""

from __future__ import annotations

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import allows
from torch_doctor.matrix.builds.rows import SharedLibrary
from torch_doctor.matrix.store import Matrix

_NAME = regex(r"nvidia-(.+)-cu(\d+)")


class SharedFiles(NamedTuple):
    """A package whose files those of another CUDA major have, too: its own major, and the row that says so."""

    row: SharedLibrary
    major: int


def shared_files(package: str, version: str, matrix: Matrix) -> SharedFiles | None:
    """Return what a release of ``nvidia-cudnn-cu12`` shares with its twins; None for one that shares nothing.

    *version* may be a range: it then counts as a release that shares them.
    """
    match = _NAME.fullmatch(package)
    rows = matrix.shared_libraries if match else ()
    row = next((row for row in rows if match and row.component == match[1]), None)
    if match is None or row is None:
        return None
    apart = row.apart_from and version[:1].isdigit() and allows(f">={row.apart_from}", version)
    return None if apart else SharedFiles(row, int(match[2]))
