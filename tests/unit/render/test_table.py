"""Tables fit their width, lose no word, and become blocks where they are too narrow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.render.formats.text import to_text
from torch_doctor.render.text.line import columns, wrap
from torch_doctor.render.text.table import table

HEADS = ("name", "minimum driver", "what it says")
ROWS = (
    ("cu126", "525.60.13", "runs on everything from Maxwell to Hopper"),
    ("cu130", "580.65.06", ""),
)


def drawn(width: int, rows: tuple[tuple[str, ...], ...] = ROWS) -> list[str]:
    return to_text(table(HEADS, rows, width), width=width).splitlines()


def test_columns_stand_under_their_headings() -> None:
    head, first, second = drawn(100)

    assert head.index("minimum driver") == first.index("525.60.13") == second.index("580.65.06")


def test_the_widest_column_wraps_first() -> None:
    rows = drawn(50)

    assert rows[1].startswith("cu126  525.60.13")
    assert len(rows) > 3
    assert " ".join(" ".join(row.split()) for row in rows).count("Maxwell") == 1


def test_a_column_that_is_empty_throughout_is_left_out() -> None:
    assert "what it says" not in drawn(100, (ROWS[1],))[0]


def test_no_rows_are_no_table() -> None:
    assert drawn(80, ()) == []


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_name_is_not_split(width: int) -> None:
    rows = [("linux-x86_64", "2.9.1+cu128", "a word " * 20, "windows-x86_64")]
    made = [
        "".join(segment.text for segment in row)
        for row in wrap(table(["platform", "torch", "words", "other"], rows, width), width)
    ]

    assert all(any(name in row for row in made) for name in (rows[0][0], rows[0][1], rows[0][3]))


@pytest.mark.parametrize(("width", "is_whole"), [(100, True), (80, True), (50, False)])
def test_a_long_name_is_whole_where_there_is_room(width: int, is_whole: bool) -> None:
    cause = "driver-too-old-for-cuda-build"
    rows = [("a.txt", "broken", cause, "a word " * 20)]
    lines = table(["report", "verdict", "cause", "why"], rows, width)
    made = to_text(lines, width=width)

    assert (cause in made) is is_whole
    assert all(len(row) <= width for row in made.splitlines())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_names_a_row_is_whole_and_what_explains_it_can_be_read(width: int) -> None:
    path = "reports/of-last-week/after-the-upgrade-of-the-driver.txt"
    words = "driver 535.183.01 is older than 580.65.06, which CUDA 13.0 of torch 2.9.1+cu130 needs"
    heads = ["report", "verdict", "cause", "why"]
    lines = table(heads, [(path, "broken", "driver-too-old-for-cuda-build", words)], width)
    made = to_text(lines, width=width)
    last = max(made.splitlines()[1:], key=len)

    assert path in made
    assert len(last) - (last.rfind("  ") + 2) >= 14, "words are not one above the other"
    assert all(len(row) <= width for row in made.splitlines())


def test_too_narrow_a_table_becomes_blocks() -> None:
    rows = drawn(20)

    assert rows[0] == "cu126"
    assert any(row.startswith("  minimum driver") for row in rows)


@given(
    st.lists(st.tuples(*(st.text(max_size=40) for _ in range(3))), max_size=4),
    st.integers(min_value=40, max_value=120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], width: int) -> None:
    assert all(columns(row) <= width for row in drawn(width, tuple(rows)))
