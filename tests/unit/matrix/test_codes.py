"""Names of numbered answers: the rows have them, and no module keeps a list of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import torch_doctor
from torch_doctor.matrix.codes import answer_name
from torch_doctor.matrix.load import load_matrix

PACKAGE = Path(torch_doctor.__file__).parent


def test_an_answer_has_the_name_of_its_row() -> None:
    matrix = load_matrix()
    for row in matrix.error_codes:
        if row.api in ("cuda-driver", "nvml"):
            assert (
                answer_name(row.api, row.code, matrix) == answer_name(row.api, row.code) == row.name
            )


def test_success_needs_no_row_and_a_code_without_one_keeps_its_number() -> None:
    assert answer_name("nvml", 0) == "NVML_SUCCESS"
    assert answer_name("cuda-driver", 0) == "CUDA_SUCCESS"
    assert answer_name("cuda-driver", 98765) == "CUDA_ERROR_98765"


def test_no_probe_and_no_reader_lists_names_of_codes() -> None:
    kept = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for room in ("probes", "pastes")
        for path in (PACKAGE / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"(?:NVML|CUDA)_ERROR_[A-Z_]+", node.value)
    ]

    assert not kept
