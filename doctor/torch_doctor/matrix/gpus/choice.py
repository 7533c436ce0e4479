"""Whether a GPU is of the model that somebody asks for: both names are resolved by the table of names."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.matrix.gpus.folding import fold, without_maker
from torch_doctor.matrix.gpus.rows import GpuProduct
from torch_doctor.matrix.gpus.words import UnusableName, meanings, short_name, unknown_gpu
from torch_doctor.matrix.query import gpus_named
from torch_doctor.matrix.store import Matrix


def is_model(here: str, wanted: str, matrix: Matrix) -> bool:
    """Whether the GPU that the driver calls *here* is surely one of the products that *wanted* means.

    ``H100`` means every H100, ``RTX 4090`` the desktop board alone, ``4090`` the laptop's too. A name that may mean
    another product as well is not surely the wanted one.
    """
    if _key(here) == _key(wanted):
        return True
    match = gpus_named(matrix, wanted)
    # A form that no row spells (A100X) stands for itself: its board's other forms are not what was asked for.
    meant = set() if match.unrecorded_form else _keys(match.rows)
    found = _keys(gpus_named(matrix, here).rows)
    return bool(found) and found <= meant


def objection_to(wanted: str, matrix: Matrix) -> UnusableName | None:
    """Return why *wanted* is no model that can be asked for, or None."""
    match = gpus_named(matrix, wanted)
    if not wanted.strip() or not match.rows:
        return unknown_gpu(wanted, matrix)
    products = {short_name(row) for row in match.rows}
    if match.ambiguity == "architecture" and len(products) > 1:
        return UnusableName(
            f"{wanted!r} can mean {meanings(match.rows)}", "name the one you expect"
        )
    return None


def _keys(rows: Iterable[GpuProduct]) -> set[str]:
    return {_key(row.name) for row in rows}


def _key(name: str) -> str:
    return without_maker(fold(name))
