"""A release that is made for all of a Python but one of its releases: who has that one gets another."""

from __future__ import annotations

import pytest
from torch_doctor.answers import as_text

from tests.unit.recommendation.asking import ask, best, steps, why_not


@pytest.mark.parametrize("python", ["3.14", "cp314", "3.14.0", "3.14.2", "3.14.0t"])
def test_every_other_release_of_the_python_takes_the_newest(python: str) -> None:
    answer = ask("A100", driver="580", python=python, with_="torchvision")

    assert best(answer) == "2.15.0+cu132"


def test_the_one_that_is_left_out_takes_the_last_that_was_made_for_it() -> None:
    answer = ask("A100", driver="580", python="3.14.1", with_="torchvision")

    assert best(answer) == "2.10.0+cu128"
    assert "torchvision 0.29.2 has no build for Python 3.14.1" in why_not(answer, "2.15.0+cu132")


def test_a_release_that_is_named_is_a_no_there() -> None:
    assert ask("A100", driver="580", python="3.14.1", with_="torchvision==0.29.2").exit_code == 1


def test_torch_itself_is_for_it() -> None:
    assert best(ask("A100", driver="580", python="3.14.1")) == "2.15.0+cu132"


def test_a_python_of_two_numbers_is_told_which_release_is_left_out() -> None:
    notes = ask("A100", driver="580", python="3.14", with_="torchvision").plans[0].notes

    assert (
        "Python 3.14 is taken for its newest release: torchvision 0.29.2 leaves out 3.14.1" in notes
    )


@pytest.mark.parametrize(
    ("python", "with_"),
    [
        ("3.14.2", "torchvision"),
        ("3.13", "torchvision"),
        ("3.14", "torchaudio"),
        (None, "torchvision"),
    ],
)
def test_nothing_is_said_where_none_is_left_out(python: str | None, with_: str) -> None:
    answer = ask("A100", driver="580", python=python, with_=with_)

    assert not [note for note in answer.plans[0].notes if "leaves out" in note]


def test_another_release_of_the_same_python_is_a_way_out() -> None:
    answer = ask("A100", driver="580", python="3.14.1", with_="vllm")

    assert steps(answer)["python"] == "torch 2.14.0+cu130"
    text = as_text(answer, width=300)
    assert "another Python: 3.11, 3.12, 3.13 or 3.14 (but not 3.14.1)" in text
    assert "torchvision 0.29.0 has no build for Python 3.14.1: torch 2.14.0" in text
