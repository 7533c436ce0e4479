"""Short reports of every kind get the answer that stands beside them in causes.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

from tests.resting import NAMED_BY, resting

MATRIX = load_matrix()
CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("causes.yaml").read_text(encoding="utf-8")
)
PARAMETERS = [
    resting(case["answer"], case, id=f"{n}-{case['kind']}") for n, case in enumerate(CASES)
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_the_answer(case: dict[str, Any]) -> None:
    report = diagnose(read_text(case["text"], "report", MATRIX), MATRIX)
    cause = report.primary.cause if report.primary else None

    assert (cause or report.verdict.value) == case["answer"]
    assert report.primary is None or report.primary.code in NAMED_BY.get(cause or "", ()), (
        "tests/rules/codes.yaml has the causes that each rule names in its cases: one of this cause is lacking"
    )
