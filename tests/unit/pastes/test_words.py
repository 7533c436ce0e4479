"""The index of words finds the lines that a plain search finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text import token_index as words
from torch_doctor.pastes.text.paste import Paste
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


# What folds to other letters or to two, looks like one, or parts lines elsewhere than a line's end does.
ODD_LETTERS = (
    "aıiİsſkK\u212aßéﬁﬃ’'ａＢ１．\u3000\u0130\u0307\u200b\u2011-µμΣς显卡\r\x0b\x0c\x1c\x85\u2028 1."
)
ODD = ODD_LETTERS + "\n"


@given(
    st.text(ODD, max_size=120), st.lists(st.text(ODD_LETTERS, min_size=1, max_size=4), min_size=1)
)
def test_it_finds_what_a_search_finds_among_odd_letters(text: str, literals: list[str]) -> None:
    low = text.lower()
    for literal in (one.lower() for one in literals):
        assert Words(low)[literal] == plain(low, literal)
        assert bool(Words(low).among((literal,))) is bool(Words(low)[literal])


@given(st.text(ODD, max_size=120))
def test_what_is_found_in_a_report_stands_on_its_line(text: str) -> None:
    """A letter that becomes two when it is folded moves no line."""
    paste = Paste(text)
    for literal in ("i", "s", "k", "fi", "ss", "1", "-", "'", "显", "σ"):
        held = [index for index, line in enumerate(paste.lines) if literal in line.lower()]
        assert paste.holding(literal) == held


@pytest.mark.parametrize(
    "written",
    [
        "ＲｕｎｔｉｍｅＥｒｒｏｒ: CUDA error: no kernel image is available for execution on the device",
        "RuntimeError： CUDA error： no kernel image is available for execution on the device",
        "RuntimeError: CUDA error: no\u00a0kernel\u3000image is available for execution on the device",
        "RuntimeError: CUDA error: no kernel image iſ available for execution on the device",
        "RuntimeError: CUDA error: no \u212aernel image is available for execution on the device",
        "Runtime\u00adError: CUDA error: no kernel image is available\u200b for execution on the device",
    ],
)
def test_an_error_in_odd_letters_is_the_same_error(written: str) -> None:
    plain_text = (
        "RuntimeError: CUDA error: no kernel image is available for execution on the device"
    )
    errors, expected = (read_text(one).value("errors_seen") for one in (written, plain_text))

    assert {one.text for one in expected} == {plain_text}
    assert [one.text.lower() for one in errors] == [one.text.lower() for one in expected]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("shared object ﬁle", "shared object file"),
        ("ﬂash‑attn", "flash-attn"),
        ("oﬄine", "offline"),
    ],
)
def test_letters_that_a_page_joined_are_apart(written: str, meant: str) -> None:
    assert Paste(written).lines == [meant]


def test_a_text_of_too_many_words_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_MOST", 5)
    text = "\n".join(f"w{'abcdefghij'[n] * 3} torch" for n in range(10))

    assert Words(text)["torch"] == list(range(10))
    assert Words(text)["ccc t"] == [2]
    assert Words(text)["vision"] == []
    assert Words(text).among(("vision", "torch", "ccc t")) == ["torch", "ccc t"]


def test_what_stands_on_a_million_lines_is_found_three_thousand_times() -> None:
    assert len(Words("cuda error\n" * 5000)["error"]) == 3000
