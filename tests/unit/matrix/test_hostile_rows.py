"""Rows that nobody means well with: each fault has its line and its cure, however much is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.matrix.source.compile import compile_matrix, natural, validate

from tests.unit.matrix.folders import DRIVERS, HEADER, faults, folder

BUILD = (
    "torch_builds:\n  - {torch: '2.6.0', variant: cu128, platform: linux-x86_64, cuda: abc, archs: [],"
    " on_pypi: true, status: published, python_tags: [cp312]}\n"
)
CASES: dict[str, tuple[str, int, str, str]] = {
    # what is wrong: (text below the header, line, what the message says, the cure in it)
    "a null": ("drivers:\n  - {branch: \0}", 3, "control character U+0000", "take it out"),
    "a list of weeks": (
        *(
            "drivers:\n  - {branch: 1, cuda: '1.0', checked: 2026-W05-6}",
            3,
            "is not a date",
            "2026-01-31",
        ),
    ),
    "figures without end": (
        f"drivers:\n  - {{branch: 1, cuda: '{'9' * 4001}.0'}}",
        *(3, "not a CUDA version", "correct it"),
    ),
    "an integer without end": (
        f"drivers:\n  - {{branch: 1, cuda: {'9' * 4001}}}",
        *(3, "reads as int", "quote it"),
    ),
    "a name without end": (f"{'k' * 900}: []", 2, "unknown table", "may hold drivers"),
    "a source without end": (
        f"drivers:\n  - {{branch: 1, cuda: '1.0', source: '{'s' * 4000}'}}",
        *(3, "cannot be followed", "give an https:// address"),
    ),
    "a merge": ("drivers:\n  - {<<: {branch: 1}, cuda: '1.0'}", 3, "unknown field '<<'", "has"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_has_its_line_and_its_cure(case: str, tmp_path: Path) -> None:
    text, line, message, cure = CASES[case]

    where, words = faults(tmp_path, HEADER + text)[0]

    assert where == line
    assert message in words
    assert cure in words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drivers:\n  - {branch: 1, cuda: '1.0', first: abc, last_linux: def}", "not a driver"),
        ("library_ranges:\n  - {package: a, first: later, last: soon}", ""),
        (BUILD, "cuda: not a CUDA version: 'abc'"),
        ("gpu_brands:\n  - {pattern: 'a{99999999999999999999}'}", "not a regular expression"),
        (f"gpu_brands:\n  - {{pattern: '{'(' * 1500}{')' * 1500}'}}", ""),
        ("gpu_brands:\n  - {pattern: '[[a]'}", "Possible nested set"),
    ],
)
def test_what_does_not_parse_is_compared_with_nothing(
    text: str, message: str, tmp_path: Path
) -> None:
    base, over = folder(tmp_path / "base", DRIVERS), folder(tmp_path / "over", HEADER + text)

    found = validate(base, over)

    assert not message or message in found[0].message
    assert all(one.line == 3 for one in found)


def test_signs_that_are_called_digits_order_as_text(tmp_path: Path) -> None:
    rows = "".join(
        f"  - {{system: '1{sign}2', libc: musl, label: a, release: b}}\n" for sign in "²٣a"
    )
    over = folder(tmp_path / "over", f"{HEADER}end_of_line:\n{rows}")

    validate(folder(tmp_path / "base", DRIVERS), over)
    keys = ["1²2", "1٣2", "1a2", "1.10", "1.9"]
    assert sorted(keys, key=natural)[:2] == ["1.9", "1.10"]
    assert natural("9" * 5000) == natural("9" * 5000)


def test_of_faults_without_end_a_thousand_are_listed(tmp_path: Path) -> None:
    found = faults(tmp_path, HEADER + "drivers:\n" + "  - 1\n" * 5000)

    assert len(found) == 1001
    assert found[-1] == (1002, "what follows was not read; mend the faults above first")


def test_a_name_of_a_file_is_shown_on_one_line(tmp_path: Path) -> None:
    over = folder(tmp_path / "over", "x: 1\n", "a\nb\x1b[31m.yaml")

    (fault,) = validate(folder(tmp_path / "base", DRIVERS), over)

    assert str(fault).isprintable()
    assert compile_matrix(tmp_path / "base")
