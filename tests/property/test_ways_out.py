"""Each way out, put as a question, has the answer that it promises: every GPU, Python and package that it names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import assume, given
from torch_doctor.core.version import ComputeCapability
from torch_doctor.recommendation.answer import Answer

from tests.property.hosts import questions
from tests.property.judging import law
from tests.unit.recommendation.asking import MATRIX, ask

GENERATIONS = sorted(
    ComputeCapability.parse(row.capability) for row in MATRIX.architectures if not row.tegra
)
RANGE = re.compile(r"(\d+\.\d) \([^,]*?\)+(?: to (\d+\.\d) \()?")
ASKED = [
    ("B300", {"driver": "570"}),
    ("H100", {"driver": "470"}),
    ("V100", {"driver": "580", "cuda": "13.0"}),
    ("GTX 1080", {"driver": "535", "torch": "2.8.0", "cuda": "12.8"}),
    ("RTX 5090", {"driver": "550", "python": "3.9"}),
    ("K80", {"driver": "470", "python": "3.14"}),
    ("RTX 4090", {"driver": "581", "platform": "windows", "with_": "vllm"}),
    ("RTX 4090", {"driver": "581", "platform": "windows", "with_": "triton"}),
    ("A100", {"driver": "535", "python": "3.14", "with_": "vllm==0.33.0"}),
    ("L4", {"driver": "580", "python": "3.15", "with_": "xformers"}),
]


@lru_cache(256)
def _asked(gpus: tuple[str, ...], asked: tuple[tuple[str, Any], ...]) -> Answer:
    return ask(*gpus, **dict(asked))


def _builds(*gpus: str, **asked: Any) -> set[str]:
    asked = {name: value for name, value in asked.items() if value}
    found = _asked(gpus, tuple(asked.items()))
    return {item.candidate.label for item in found.accepted}


def _holds(answer: Answer, gpus: tuple[str, ...], asked: dict[str, Any]) -> None:
    for step in answer.relaxations:
        rest = {name: value for name, value in asked.items() if name != "driver"}
        if step.gives_way == "gpu" and step.text.startswith("another"):
            for ends in RANGE.findall(step.text):
                first, last = (ComputeCapability.parse(end or ends[0]) for end in ends)
                for one in GENERATIONS:
                    if first <= one <= last:
                        other = {**asked, "compute_capability": str(one)}
                        assert step.unlocks in _builds(**other), (step, str(one))
        elif step.gives_way == "python":
            for text in re.findall(r"3\.\d+t?", step.text):
                assert step.unlocks in _builds(*gpus, **{**asked, "python": text}), (step, text)
        elif step.gives_way == "platform":
            assert step.unlocks in _builds(*gpus, **{**asked, "platform": "wsl"}), step
        elif step.gives_way == "driver":
            newer = {**rest, "driver": step.min_driver}
            assert step.unlocks in _builds(*gpus, **newer), step
        elif step.gives_way == "companion" and isinstance(asked["with_"], str):
            name = step.text.split()[0]
            version = step.text.split()[1] if re.match(r"\S+ \d", step.text) else ""
            other = "" if name == "without" else f"{name}=={version}" if version else name
            assert step.unlocks in _builds(*gpus, **{**asked, "with_": other}), step


@pytest.mark.parametrize(("gpu", "asked"), ASKED, ids=str)
def test_what_is_named_as_a_way_out_is_one(gpu: str, asked: dict[str, Any]) -> None:
    answer = _asked((gpu,), tuple(asked.items()))

    assert not answer.plans
    assert answer.relaxations
    _holds(answer, (gpu,), asked)


@law(25)
@given(questions())
def test_what_is_named_as_a_way_out_of_any_question_is_one(asked: dict[str, Any]) -> None:
    gpus = tuple(asked.get("gpu", ()))
    rest = {name: value for name, value in asked.items() if name != "gpu" and value}
    assume(gpus)
    _holds(_asked(gpus, tuple(rest.items())), gpus, rest)
