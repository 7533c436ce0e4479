"""GPUs as people type them: what is listed for an ambiguous name can be typed back."""

from __future__ import annotations

import re

import pytest
from torch_doctor.matrix.query import gpus_named
from torch_doctor.recommendation.question.asked import Asked, QuestionError
from torch_doctor.recommendation.question.constraints import understand

from tests.unit.recommendation.asking import MATRIX, ask, best

NAMES = sorted({row.alias for row in MATRIX.gpu_aliases} | {row.name for row in MATRIX.gpus})


def refusal(name: str) -> str:
    """Return why a name alone does not do, or nothing."""
    try:
        understand(Asked(gpu=(name,)), MATRIX)
    except QuestionError as error:
        return str(error)
    return ""


AMBIGUOUS = [
    name for name in NAMES if gpus_named(MATRIX, name).ambiguity in ("product", "architecture")
]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_every_meaning_can_be_typed_back(name: str) -> None:
    for row in gpus_named(MATRIX, name).rows:
        for typed in (row.name, row.name.removeprefix("NVIDIA ")):
            for capability in row.capabilities:
                asked = Asked(gpu=(typed,), compute_capability=(capability,))
                assert understand(asked, MATRIX).gpus[0].compute_capability
            assert not refusal(typed) or refusal(typed).endswith("with --compute-capability")


def test_an_ambiguous_name_lists_its_meanings() -> None:
    with pytest.raises(QuestionError) as caught:
        understand(Asked(gpu=("rtx 6000",)), MATRIX)

    message = str(caught.value)
    assert "Quadro RTX 6000 (7.5, 24 GB), RTX 6000 Ada Generation" in message
    assert message.endswith("name the one you have")


def test_a_name_sold_on_two_chips_asks_for_the_capability() -> None:
    with pytest.raises(QuestionError, match=r"3\.0 or 3\.5.*say which with --compute-capability"):
        understand(Asked(gpu=("GT 730",)), MATRIX)

    (gpu,) = understand(Asked(gpu=("GT 730",), compute_capability=("3.5",)), MATRIX).gpus
    assert str(gpu.compute_capability) == "3.5"


def test_a_name_that_means_nothing_says_what_to_do() -> None:
    with pytest.raises(QuestionError, match="matrix show gpus lists all"):
        understand(Asked(gpu=("quux 9000x",)), MATRIX)


@pytest.mark.parametrize("name", ["Quadro", "geforce", "RTX", "NVIDIA"])
def test_a_word_of_a_line_of_products_is_told_from_a_name(name: str) -> None:
    message = refusal(name)

    assert re.search(rf"'{name}' is in the names of \d+ GPUs, of compute capability \d", message)
    assert "nvidia-smi -L names the one that is there" in message


def test_words_in_another_order_are_those_of_a_name() -> None:
    assert "did you mean NVIDIA RTX PRO 6000" in refusal("RTX 6000 Pro")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("A1OO", "A100"), ("RTX 4O90", "RTX 4090"), ("RTX A100", "A100"), ("GTX 5080", "5080")],
)
def test_a_letter_for_a_digit_and_another_line_are_seen_through(typed: str, meant: str) -> None:
    assert refusal(typed).endswith(f"did you mean {meant}?")
    assert not refusal(meant)


def test_an_architecture_is_told_with_the_capabilities_of_all_its_chips() -> None:
    message = refusal("Blackwell")

    assert all(capability in message for capability in ("10.0", "12.0", "12.1"))
    assert "10.3" not in message
    assert "10.3" in refusal("Blackwell Ultra")


def test_a_gpu_of_another_maker_is_named_as_such() -> None:
    with pytest.raises(QuestionError, match="AMD makes it"):
        understand(Asked(gpu=("mi300x",)), MATRIX)


@pytest.mark.parametrize(
    ("gpu", "asked", "exit_code", "build"),
    [
        ("GT 730", {"driver": "470", "python": "3.9"}, 1, ""),
        ("GTX 750", {"driver": "570", "python": "3.11"}, 0, "2.14.1+cu126"),
        ("Titan X", {"driver": "570"}, 0, "2.14.1+cu126"),
    ],
)
def test_a_name_whose_meanings_have_one_answer_is_answered(
    gpu: str, asked: dict[str, str], exit_code: int, build: str
) -> None:
    answer = ask(gpu, **asked)

    assert (answer.exit_code, best(answer)) == (exit_code, build)
    assert "each was asked for, with one answer" in answer.constraints.notes[0]
    assert answer.asked.gpu == (gpu,)


@pytest.mark.parametrize(
    ("gpu", "asked"),
    [
        ("Titan X", {"driver": "570", "with_": "bitsandbytes==0.50.2"}),
        ("RTX 4000", {"driver": "580", "feature": "flash-attn-2"}),
        ("GT 640", {"driver": "390"}),
    ],
)
def test_a_name_whose_meanings_differ_is_asked_back(gpu: str, asked: dict[str, str]) -> None:
    with pytest.raises(QuestionError, match="can mean"):
        ask(gpu, **asked)


def test_a_card_that_there_is_not_is_held_against_those_of_its_number_first() -> None:
    words = refusal("RTX 5070 Super")

    assert "did you mean NVIDIA GeForce RTX 5070, NVIDIA GeForce RTX 5070 Ti" in words
