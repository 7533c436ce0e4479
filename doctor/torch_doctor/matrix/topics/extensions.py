"""Packages with compiled modules of their own: which one a text, a module or a traceback means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.records import Package
from torch_doctor.matrix.builds.rows import Extension
from torch_doctor.matrix.store import Matrix, worked_out_once


def suspects(matrix: Matrix) -> tuple[str, ...]:
    """Return the packages with kernels of their own, the likeliest to be asked for one first."""
    return tuple(row.package for row in _ranked(matrix))


def named_in(texts: Iterable[str], matrix: Matrix) -> str | None:
    """Return the package with kernels of its own that texts name, as a distribution or as a module."""
    return next(_named(texts, matrix), None)


def alone_in(texts: Iterable[str], matrix: Matrix) -> str | None:
    """Return the one such package that texts name; None where they name several, of which any may be meant."""
    found = list(_named(texts, matrix))
    return found[0] if len(found) == 1 else None


def _named(texts: Iterable[str], matrix: Matrix) -> Iterator[str]:
    text = " ".join(texts).lower()
    for row in _ranked(matrix):
        form = rf"(?<![a-z0-9]){row.package.replace('-', '[-_]')}(?![a-z])"
        if re.search(form, text) or (row.errors and re.search(row.errors, text)):
            yield row.package


def kernels_named_in(text: str, matrix: Matrix) -> bool:
    """Whether a text about one kernel names a package whose kernels are its own, and no torch's."""
    others = {row.package for row in matrix.extensions if row.runs_torch}
    return any(name not in others for name in _named((text,), matrix))


def is_bound(module: str, matrix: Matrix) -> bool:
    """Whether a module, or a package, by its name is one that is linked to torch."""
    row = _row_of(module, matrix)
    return row is not None and row.bound is True


def releases_of(package: str, matrix: Matrix) -> str | None:
    """Return the page of its makers that has the wheels of a package, where the package index has none."""
    return next((row.releases for row in matrix.extensions if row.package == package), None)


def failing_in(frames: tuple[str, ...], matrix: Matrix) -> str | None:
    """Return the package whose kernel failed, of those that a traceback passed: the innermost, unless it is torch."""
    if frames and frames[-1] != "torch":
        return frames[-1]
    known = suspects(matrix)
    return next((name for name in reversed(frames) if name in known), None)


def distribution_of(module: str | None, matrix: Matrix, frames: tuple[str, ...] = ()) -> str | None:
    """Return the package that a compiled *module* is of: by its name, else by the frames of a traceback around it."""
    row = _row_of(module or "", matrix)
    if row is not None:
        return row.package
    stem = _stem(module or "")
    around = next((name for name in reversed(frames) if name not in ("torch", _dashed(stem))), None)
    if stem.startswith("_") or not stem:
        return around
    return around if around and is_bound(around, matrix) else stem


def linked_to_cuda(packages: Iterable[Package], matrix: Matrix) -> str | None:
    """Return the installed package that most likely asks the loader for a CUDA runtime of its own."""
    names = {package.name for package in packages}
    return next((name for name in suspects(matrix) if name in names), None)


@worked_out_once
def _ranked(matrix: Matrix) -> tuple[Extension, ...]:
    rows = [row for row in matrix.extensions if row.rank is not None]
    return tuple(sorted(rows, key=lambda row: row.rank or 0))


def _row_of(module: str, matrix: Matrix) -> Extension | None:
    dashed = _dashed(_stem(module))
    rows = (*_ranked(matrix), *(row for row in matrix.extensions if row.rank is None))
    return next(
        (row for row in rows if dashed.startswith((row.module or row.package, row.package))), None
    )


def _stem(module: str) -> str:
    return module.rpartition("/")[2].partition(".")[0]


def _dashed(stem: str) -> str:
    return stem.replace("_", "-").lower().removeprefix("lib")
