"""Two matrices compared row by row."""

from __future__ import annotations

from pathlib import Path

from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.source.diff import RowChange, changes
from torch_doctor.matrix.store import Matrix

from tests.unit.matrix.folders import HEADER, folder


def matrix_of(tmp_path: Path, *rows: str) -> Matrix:
    compiled = compile_matrix(
        folder(tmp_path, HEADER + "drivers:\n" + "".join(f"  - {{{row}}}\n" for row in rows))
    )
    return Matrix(compiled["index"], compiled["tables"].__getitem__)


def test_a_matrix_differs_from_itself_in_nothing() -> None:
    assert list(changes(load_matrix(), load_matrix())) == []


def test_rows_added_removed_and_changed(tmp_path: Path) -> None:
    before = matrix_of(
        tmp_path / "a", "branch: 570, cuda: '12.8'", "branch: 580, cuda: '13.0', kind: PB"
    )
    after = matrix_of(
        tmp_path / "b", "branch: 580, cuda: '13.1', kind: LTSB", "branch: 590, cuda: '13.1'"
    )

    assert list(changes(before, after)) == [
        RowChange("removed", "drivers/570"),
        RowChange("changed", "drivers/580", (("cuda", "13.0", "13.1"), ("kind", "PB", "LTSB"))),
        RowChange("added", "drivers/590"),
    ]


def test_another_source_is_a_change(tmp_path: Path) -> None:
    before = matrix_of(tmp_path / "a", "branch: 580, cuda: '13.0'")
    after = matrix_of(tmp_path / "b", "branch: 580, cuda: '13.0', confidence: low")

    assert list(changes(before, after)) == [
        RowChange("changed", "drivers/580", (("confidence", "high", "low"),))
    ]
