"""The bench of other tools: which questions each can be asked, and whether an answer holds."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("docs.pages.questions", reason="needs the checkout")
from torch_doctor.matrix.load import load_matrix

from docs.pages.questions import questions
from tests.bench.rivals.cases import Case, cases
from tests.bench.rivals.marks import FAILS, HOLDS, NONE, OPEN, mark
from tests.bench.rivals.tools import CANNOT_BE_ASKED, NOT_RUN, Said

MATRIX = load_matrix()
CASES = {case.ask: case for case in cases(MATRIX)}
PAGE = Path(__file__).parents[1] / "docs" / "peers.md"


def test_every_question_is_a_case() -> None:
    assert len(CASES) == len(questions())


def test_a_case_is_the_machine_of_its_question() -> None:
    volta = CASES["Does torch 2.13.0+cu130 run on a V100?"]
    below = CASES["I have a V100 and driver 580. May I take the newest torch?"]

    assert volta.is_yes_or_no and not below.is_yes_or_no
    assert (volta.capability, volta.torch_cuda, volta.available) == ("7.0", "13.0", True)
    assert below.driver.startswith("580.") and below.driver_cuda == "13.0"
    assert not CASES["Driver 550 and torch 2.9.1+cu130 on an A100?"].available


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        (Said("", build="2.13.0+cu126"), HOLDS),
        (Said("", build="2.9.1+cu130"), FAILS),
        (Said("", tag="cu132"), FAILS),
        (Said("", tag="cu126"), HOLDS),
        (Said("", none=True), FAILS),
        (Said("no coverage"), OPEN),
        (Said(CANNOT_BE_ASKED), NONE),
        (Said(NOT_RUN), NONE),
    ],
    ids=str,
)
def test_an_answer_holds_where_what_it_names_runs(answer: Said, held: str) -> None:
    case = CASES["I have a V100 and driver 580. May I take the newest torch?"]

    assert mark(case, answer, MATRIX) == held


@pytest.mark.parametrize(
    ("ask", "verdict", "held"),
    [
        ("Does torch 2.13.0+cu130 run on a V100?", True, FAILS),
        ("Does torch 2.13.0+cu130 run on a V100?", False, HOLDS),
        ("Does torch 2.10.0+cu129 run on a V100?", False, OPEN),
    ],
)
def test_a_yes_or_no_is_held_against_the_answer_on_record(
    ask: str, verdict: bool, held: str
) -> None:
    assert mark(CASES[ask], Said("", verdict=verdict), MATRIX) == held


def test_a_tag_that_was_never_published_stands_for_the_next_older_one() -> None:
    case = Case("", "recommend --gpu V100 --driver 570", "torch 2.14.1+cu126.")

    assert mark(case, Said("", tag="cu127"), MATRIX) == HOLDS
    assert mark(case, Said("", tag="cu131"), MATRIX) == FAILS


def test_the_page_has_well_over_a_hundred_questions() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    asked = {line.split(" | ")[0][2:] for line in rows}

    assert len(asked & set(CASES)) >= 120
