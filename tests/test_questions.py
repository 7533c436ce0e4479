"""Every question of docs/questions.yaml is asked; an answer that changes is a red test that names the question."""

from __future__ import annotations

import pytest

pytest.importorskip("docs.pages.questions", reason="needs the checkout")
from docs.pages.questions import answer, pages, questions

ALL = questions()


def test_there_are_well_over_a_hundred_half_of_them_about_packages_and_features() -> None:
    assert len(ALL) == len({q["ask"] for q in ALL}) == len({q["run"] for q in ALL}) >= 140
    assert sum("--with" in q["run"] or "--feature" in q["run"] for q in ALL) >= len(ALL) / 2


@pytest.mark.parametrize("question", ALL, ids=[q["ask"] for q in ALL])
def test_the_answer_is_the_one_on_record(question: dict[str, str]) -> None:
    found = answer(question["run"])

    assert found.text == question["answer"]
    assert found.reasons or found.text.startswith(("Yes", "torch"))


def test_the_page_has_every_question_and_command() -> None:
    ((name, text),) = pages()

    assert name == "questions.md"
    for question in ALL:
        assert question["ask"] in text and f"torch-doctor {question['run']}\n" in text
