"""Lines fit their width; commands stay commands."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.render.formats.text import render
from torch_doctor.render.text.line import Segment, columns, command, labelled, text, wrap

from tests.golden.reports import REPORTS

widths = st.integers(40, 120)


def rows(lines: object, width: int) -> list[str]:
    return ["".join(segment.text for segment in row) for row in wrap(lines, width)]  # type: ignore[arg-type]


def is_copied(row: str) -> bool:
    """Whether a row is one word that people copy: a path or an address."""
    *label, word = row.split() or [""]
    return len(label) <= 1 and "/" in word


@pytest.mark.parametrize(
    "word",
    [
        "https://download.pytorch.org/whl/cu126/a-folder-with-a-long-name/index.html",
        "[/opt/train/.venv/lib/python3.12/site-packages/torch/version.py]",
        "~/work/projects/a-long-name-of-a-project/.venv/lib/python3.12/site-packages",
        "../another-folder-with-a-long-name/and-another-one/requirements.txt",
    ],
)
def test_what_people_copy_is_never_broken(word: str) -> None:
    made = rows([text("before ", word, " after ", hang=4), text("before " + word)], 40)

    assert sum(word in row for row in made) == 2


def test_a_word_without_end_is_broken_even_where_it_looks_like_a_path() -> None:
    assert all(columns(row) <= 40 for row in rows([text("/tmp/" + "a" * 5000)], 40))


@given(st.lists(st.text(max_size=70), max_size=12), widths, st.integers(0, 12))
def test_prose_never_runs_over(parts: list[str], width: int, indent: int) -> None:
    made = rows([text(*parts, indent=indent, hang=indent + 2)], width)

    assert all(columns(row) <= width or is_copied(row) for row in made)


@given(
    st.lists(
        st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1), min_size=1
    ),
    widths,
)
def test_wrapping_loses_no_letter(words: list[str], width: int) -> None:
    made = rows([text(" ".join(words))], width)

    assert "".join("".join(made).split()) == "".join(words)


@given(
    st.lists(st.text("abc019=.+<>-/ ", min_size=1, max_size=40), min_size=1, max_size=8),
    st.integers(40, 100),
)
def test_a_wrapped_command_is_the_same_command(arguments: list[str], width: int) -> None:
    words = ["pip", *(word.strip() for word in arguments if word.strip())]
    written = shlex.join(words)

    made = "\n".join(rows(command(written, 4), width))

    assert shlex.split(made.replace("\\\n", " ")) == shlex.split(" ".join(written.split()))


def test_an_option_stays_beside_its_value_where_both_fit() -> None:
    written = "docker run --gpus all --shm-size 8g --name trial IMAGE"

    assert rows(command(written, 0), 40) == [
        "docker run --gpus all --shm-size 8g \\",
        "    --name trial IMAGE",
    ]


def test_a_command_breaks_between_words_and_says_so() -> None:
    written = 'python -m pip install "torch==2.9.1+cu126" --index-url https://download.pytorch.org/whl/cu126'

    assert rows(command(written, 4), 60) == [
        '    python -m pip install "torch==2.9.1+cu126" \\',
        "        --index-url https://download.pytorch.org/whl/cu126",
    ]


def test_a_word_of_a_command_is_never_broken() -> None:
    word = "https://download.pytorch.org/" + "x" * 100

    assert any(word in row for row in rows(command(f"pip install --index-url {word}", 4), 40))


def test_labels_stand_in_their_column() -> None:
    made = rows(
        [labelled((Segment("cure"),), "one two three four five six seven", indent=2, hang=12)], 28
    )

    assert made == ["  cure      one two three", "            four five six", "            seven"]


def test_wide_characters_count_double() -> None:
    assert columns("日本") == 4
    assert columns("e\u0301") == 1
    assert all(columns(row) <= 40 for row in rows([text("日本語" * 40)], 40))


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [40, 57, 80, 120])
@pytest.mark.parametrize("verbose", [False, True])
def test_reports_fit_every_width(name: str, width: int, verbose: bool) -> None:
    for line in render(REPORTS[name](), width=width, verbose=verbose).splitlines():
        is_word_of_command = line.startswith("        ") and " " not in line.strip().removesuffix(
            " \\"
        )
        assert columns(line) <= width or is_word_of_command or is_copied(line), line


def test_the_last_line_is_the_verdict() -> None:
    for name, make in REPORTS.items():
        last = render(make(), width=120).rstrip().rsplit("\n\n", 1)[-1]
        assert last.startswith(f"Verdict: {name.replace('_', '-').replace('hostile', 'broken')}. ")
        assert "Exit code" in last


def test_healthy_is_terse() -> None:
    assert len(render(REPORTS["healthy"](), width=100).splitlines()) <= 8


def test_the_cause_comes_before_the_cure_and_the_cure_before_what_was_seen() -> None:
    output = render(REPORTS["broken"](), verbose=True)
    places = [output.index(words) for words in ("\n✗ TD202", "\n  cure ", "\n  seen ", "\n  why ")]

    assert places == sorted(places)
    assert output.index("\nFacts: ") < output.index("\nRules (")
