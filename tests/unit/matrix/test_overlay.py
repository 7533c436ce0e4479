"""A user's folder of YAML adds rows and replaces those of the same key."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.source.compile import compile_matrix, validate, write_compiled
from torch_doctor.matrix.store import Matrix, MatrixError

from tests.unit.matrix.folders import DRIVERS, HEADER, folder

CUDA = HEADER + "cuda_majors:\n  - {major: 12, linux_min: '525.60.13', windows_min: '527.41'}\n"


def test_an_overlay_replaces_and_adds_rows(tmp_path: Path) -> None:
    base = folder(tmp_path / "base", DRIVERS)
    over = folder(
        tmp_path / "over",
        HEADER + "drivers:\n  - {branch: 580, cuda: '13.9'}\n  - {branch: 999, cuda: '20.0'}\n",
        "mine.yaml",
    )

    compiled = compile_matrix(base, over)

    rows = Matrix(compiled["index"], compiled["tables"].get).drivers
    assert [(row.branch, row.cuda) for row in rows] == [(580, "13.9"), (999, "20.0")]
    assert compiled["index"]["digest"] != compile_matrix(base)["index"]["digest"]


def test_an_overlay_over_an_installed_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = compile_matrix(folder(tmp_path / "base", DRIVERS))
    write_compiled(base, tmp_path / "data")
    monkeypatch.setattr("torch_doctor.matrix.source.compile.DATA", tmp_path / "data")

    assert compile_matrix(None)["index"] == base["index"]
    over = folder(tmp_path / "over", HEADER + "drivers:\n  - {branch: 610, cuda: '13.3'}\n")
    assert compile_matrix(None, over)["index"]["counts"]["drivers"] == 2


def test_the_faults_of_an_overlay_name_its_file(tmp_path: Path) -> None:
    base = folder(tmp_path / "base", DRIVERS)
    over = folder(
        tmp_path / "over", HEADER + "drivers:\n  - {branch: 580, cuda: 13.0}\n", "mine.yaml"
    )

    (problem,) = validate(base, over)

    assert problem.file.endswith("mine.yaml")
    assert problem.line == 3


def test_a_checkout_that_cannot_be_written_loads_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    monkeypatch.setattr("torch_doctor.matrix.load.DATA", tmp_path / "file" / "data")
    monkeypatch.setattr(
        "torch_doctor.matrix.load.SOURCES", folder(tmp_path / "m", CUDA, "cuda.yaml")
    )

    assert load_matrix().cuda_majors[0].linux_min == "525.60.13"


def test_a_long_value_does_not_cut_the_cure_off(tmp_path: Path) -> None:
    (tmp_path / "rows.yaml").write_text(
        "defaults: {source: 'https://example.org/page', checked: 2026-01-31, how: docs}\n"
        f"library_ranges:\n  - {{package: x, first: '{'9' * 4001}', last: '1'}}\n",
        encoding="utf-8",
    )

    with pytest.raises(MatrixError, match="swap or correct them"):
        load_matrix(tmp_path)
