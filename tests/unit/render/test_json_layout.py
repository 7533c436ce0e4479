"""The JSON that is laid out by hand is, byte for byte, the standard library's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Reason, Unavailable
from torch_doctor.core.report import OutcomeStatus
from torch_doctor.core.rule import Draft, rule
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.render.formats.json import document, render
from torch_doctor.render.laid_out import dump
from torch_doctor.rules import load_rules

from tests.rules.cases import host_facts

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    PLAIN | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(), VALUES) | VALUES, st.sampled_from([None, 1, 2, 4]))
def test_it_is_the_standard_layout(value: Any, indent: int | None) -> None:
    assert dump(value, indent=indent) == json.dumps(value, indent=indent, allow_nan=False) + "\n"


@pytest.mark.parametrize("indent", [None, 2])
def test_what_json_cannot_say_is_refused(indent: int | None) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump({"share": float("nan")}, indent=indent)


@pytest.mark.parametrize("indent", [None, 2])
def test_outcomes_that_are_written_straight_away_are_the_same(indent: int | None) -> None:
    facts = host_facts("h100-580-cu130").with_(gpus=Unavailable(Reason.TIMEOUT, "5 s, «no»"))
    broken = rule("TD998", severity="error")(_breaks)
    report = diagnose(facts, load_matrix(), rules=[*load_rules(), broken])

    assert {one.status for one in report.outcomes} >= {
        OutcomeStatus.SKIPPED,
        OutcomeStatus.PASSED,
        OutcomeStatus.CRASHED,
    }
    plain = json.dumps(document(report), indent=indent, allow_nan=False) + "\n"
    assert render(report, indent=indent) == plain
    none = report._replace(outcomes=())
    assert render(none, indent=indent) == json.dumps(document(none), indent=indent) + "\n"


def _breaks(os_family: str) -> Iterator[Draft]:
    raise ValueError(os_family + " \x07é")
    yield
