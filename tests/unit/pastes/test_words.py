"""The index of words finds the lines that a plain search finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.pastes.text import token_index as words
from torch_doctor.pastes.text.token_index import Words

SIGNS = st.text("abcd 1._-=é\n", max_size=200)
LITERALS = st.text("abcd 1._-=é", min_size=1, max_size=5)


def plain(text: str, literal: str) -> list[int]:
    return [index for index, line in enumerate(text.split("\n")) if literal in line]


@given(SIGNS, st.lists(LITERALS, min_size=1, max_size=5))
def test_it_finds_what_a_search_finds(text: str, literals: list[str]) -> None:
    index = Words(text)
    for literal in (*literals, *literals):
        assert index[literal] == plain(text, literal)
    assert Words(text).among(tuple(literals)) == [one for one in literals if one in text]


def test_a_text_of_too_many_words_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_MOST", 5)
    text = "\n".join(f"w{'abcdefghij'[n] * 3} torch" for n in range(10))

    assert Words(text)["torch"] == list(range(10))
    assert Words(text)["ccc t"] == [2]
    assert Words(text)["vision"] == []
    assert Words(text).among(("vision", "torch", "ccc t")) == ["torch", "ccc t"]


def test_what_stands_on_a_million_lines_is_found_three_thousand_times() -> None:
    assert len(Words("cuda error\n" * 5000)["error"]) == 3000
