"""What every match of a pattern contains is found in the pattern; where that is unsure, nothing is claimed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.matrix.pattern import carries, needles

PARTS = [
    "ab",
    "No",
    r"\d+",
    r"\.",
    ".*",
    "c?",
    "(de|f)",
    "(?:ab)?",
    "[xy]+",
    r"\b",
    "|",
    " ",
    "a{2}",
    "^",
    "$",
    "b+",
    "((a)b)",
    "[)(|]",
    r"\x41",
    r"\S*",
    ".{0,3}",
    "[xy]{1,2}",
    "(?:ab){2}",
]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("plain text", ("plain text",)),
        (r"Error 80\d: no", ("error 80",)),
        (r"\bhang|stuck (now|here)", ("hang", "stuck ")),
        (r"cuda>=\d+\.\d+", ("cuda>=",)),
        (r"busy\(s\) or lost", (" or lost",)),
        ("colou?r", ("colo",)),
        (r"no .{0,40}space left", ("space left",)),
        (r"lib\w{1,9} was not found", (" was not found",)),
        ("^start", ()),
        ("one|.*", ()),
        ("((a)b)cd", ()),
        (r"\x41bc", ()),
        ("", ()),
    ],
)
def test_what_a_match_contains(pattern: str, found: tuple[str, ...]) -> None:
    assert needles(pattern) == found


@given(st.lists(st.sampled_from(PARTS), max_size=6), st.text("abcdefxyNoO1. ()|A", max_size=30))
def test_the_short_cut_changes_no_answer(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    try:
        found = re.search(pattern, text, re.IGNORECASE)
    except re.error:
        return
    assert carries(pattern, text) == (found is not None)
