"""A package that is asked for twice."""

from __future__ import annotations

import pytest
from torch_doctor.recommendation.question.asked import QuestionError

from tests.unit.recommendation.asking import ask


@pytest.mark.parametrize(
    "with_", [("vllm", "vllm==0.30.0"), ("vllm==0.30.0", "VLLM"), "vllm==0.30.0,vllm==0.30.0"]
)
def test_a_name_adds_nothing_to_a_range_of_it(with_: str) -> None:
    (plan, *_) = ask("A100", driver="580", with_=with_).plans

    assert [(one.name, one.version) for one in plan.companions] == [("vllm", "0.30.0")]


def test_two_ranges_are_refused_in_one_line() -> None:
    with pytest.raises(QuestionError, match="vllm is asked for twice"):
        ask("A100", with_=("vllm==0.33.0", "vllm==0.30.0"))
