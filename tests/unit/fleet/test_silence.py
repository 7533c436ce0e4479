"""Lines of nodes that were asked and gave no facts."""

from __future__ import annotations

import pytest
from torch_doctor.fleet.census import Census
from torch_doctor.fleet.labels import of_slurm
from torch_doctor.fleet.silence import REASONS, NoAnswer, silence_in, written
from torch_doctor.matrix.load import load_matrix


@pytest.mark.parametrize("reason", REASONS)
def test_a_line_says_what_was_written(reason: str) -> None:
    silence = NoAnswer('n"1', reason, "no answer within 12 s")

    assert silence_in(written(silence)) == silence


@pytest.mark.parametrize(
    "text",
    [
        '{"node": "a", "facts": {}}',
        '{"node": "a", "no_answer": 3}',
        '{"node": 1, "no_answer": {"reason": "down", "detail": ""}}',
        '{"node": "a", "no_answer": ',
    ],
)
def test_other_lines_are_none(text: str) -> None:
    assert silence_in(text) is None


def test_the_last_line_of_a_node_holds() -> None:
    census = Census(load_matrix())
    silent = written(NoAnswer("a", "timeout", "no answer within 12 s"))

    def add(text: str) -> None:
        from torch_doctor.core.fact import Facts

        census.add(text, "place", lambda _: Facts({}))

    add(silent)
    assert (list(census.nodes), list(census.unanswered)) == ([], ["a"])
    add('{"node": "a", "facts": {}}')
    assert (list(census.nodes), list(census.unanswered)) == (["a"], [])
    add(silent)
    assert (list(census.nodes), list(census.unanswered)) == ([], ["a"])


def test_a_node_that_does_not_respond_takes_no_work() -> None:
    assert of_slurm("n1|idle|gpu:2|none").aside == ""
    assert of_slurm("n1|idle*|gpu:2|none").aside == "idle*"
