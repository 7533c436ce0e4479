"""What would do in place of a companion: each way out was solved, and names the torch that it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recommendation.asking import ask, best, in_words, steps


@pytest.mark.parametrize(
    ("gpu", "asked", "ways"),
    [
        (
            "A100",
            {"driver": "535", "python": "3.12", "with_": "vllm==0.33.0"},
            {"vllm 0.19.1": "torch 2.10.0+cu128", "without vllm": "torch 2.14.1+cu126"},
        ),
        (
            "H100",
            {"driver": "580", "python": "3.10", "with_": "sglang==0.5.23"},
            {"sglang 0.5.21": "torch 2.13.0+cu130", "without sglang": "torch 2.14.1+cu130"},
        ),
        # With the newest torchvision nothing is lost: to go without it brings no newer torch.
        (
            "L4",
            {"driver": "535", "torch": "2.14.1", "with_": "torchvision==0.29.0"},
            {"torchvision 0.29.2": "torch 2.14.1+cu126"},
        ),
        # None of its releases is for this Python, so that there is no other one to name.
        (
            "A100",
            {"driver": "580", "python": "3.13", "with_": "torchtext"},
            {"without torchtext": "torch 2.15.0+cu132"},
        ),
    ],
    ids=str,
)
def test_another_release_is_named_with_the_torch_that_it_goes_with(
    gpu: str, asked: dict[str, Any], ways: dict[str, str]
) -> None:
    answer = ask(gpu, **asked)
    found = {s.text: s.unlocks for s in answer.relaxations if s.gives_way == "companion"}

    assert answer.exit_code == 1
    assert found == ways


@pytest.mark.parametrize("package", ["vllm", "sglang"])
def test_a_way_out_answers_the_question_when_it_is_taken(package: str) -> None:
    asked: dict[str, Any] = {"driver": "550", "python": "3.12"}
    newest = {"vllm": "0.33.0", "sglang": "0.5.23"}[package]
    (first, *_) = (
        step
        for step in ask("A10G", with_=f"{package}=={newest}", **asked).relaxations
        if step.gives_way == "companion"
    )
    name, version = first.text.split()
    taken = ask("A10G", with_=f"{name}=={version}", **asked)

    assert name == package
    assert f"torch {best(taken)}" == first.unlocks


def test_an_index_of_the_makers_is_not_named_where_triton_has_no_code_for_the_driver() -> None:
    under = in_words(ask("RTX 5090", driver="570", python="3.13", with_="vllm"))
    ampere = in_words(ask("A100", driver="535", python="3.13", with_="vllm"))

    assert "vllm==0.30.0+cu129" not in under
    assert "vllm==0.30.0+cu129" in ampere
    assert steps(ask("A100", with_="vllm")) == {}
