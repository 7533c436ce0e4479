"""Short reports of every kind get the cure that stands beside them in cures.yaml, first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

from tests.resting import resting

MATRIX = load_matrix()
CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("cures.yaml").read_text(encoding="utf-8")
)
PARAMETERS = [
    resting(case["answer"], case, id=f"{n}-{case['kind']}") for n, case in enumerate(CASES)
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_the_first_cure(case: dict[str, Any]) -> None:
    report = diagnose(read_text(case["text"], "report", MATRIX), MATRIX)
    primary = report.primary
    assert (primary.cause if primary else report.verdict.value) == case["answer"]

    cures = ["\n".join((fix.text, *fix.commands)) for fix in (primary.fixes if primary else ())]
    if "first" in case:
        assert cures
        assert re.search(case["first"], cures[0]), cures[0]
    for forbidden in case.get("never", ()):
        assert not any(re.search(forbidden, text) for text in cures), cures
