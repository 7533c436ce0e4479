"""The compiler of the matrix: every fault is named with its file, its line and a cure."""

from __future__ import annotations

import json
import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.matrix.rows import TABLES, Image
from torch_doctor.matrix.source.compile import compile_matrix, natural, validate, write_compiled
from torch_doctor.matrix.source.yaml_nodes import MAX_BYTES
from torch_doctor.matrix.store import Matrix, MatrixError, rows_of

from tests.unit.matrix.folders import DRIVERS, HEADER, faults, folder

# Beside the tests: a wheel carries the matrix compiled.
SOURCES = Path(__file__).parents[3] / "matrix"


def test_a_sound_folder_has_no_faults(tmp_path: Path) -> None:
    assert faults(tmp_path, DRIVERS) == []


def test_every_table_is_an_attribute_of_the_matrix_with_the_row_that_it_is_checked_by() -> None:
    compiled = compile_matrix(SOURCES)
    matrix = Matrix(compiled["index"], compiled["tables"].__getitem__)

    for name, table in TABLES.items():
        assert vars(Matrix)[name].row is table.row, name
        assert all(type(row) is table.row for row in getattr(matrix, name)), name
        assert matrix.table(name) is getattr(matrix, name)


ROW = "  - {branch: 580, cuda: '13.0'"
CASES: dict[str, tuple[str, int, str, str]] = {
    # what is wrong: (text below the header, line, what the message says, the cure in it)
    "unquoted version": ("drivers:\n  - {branch: 580, cuda: 12.10}", 3, "reads as float", 'quote it: "12.10"'),
    "unquoted date": (f"drivers:\n{ROW}, released: 2026-01-31}}", 3, "reads as timestamp", "quote it"),
    "unquoted word": (f"drivers:\n{ROW}, kind: no}}", 3, "reads as bool", 'quote it: "no"'),
    "quoted number": ("drivers:\n  - {branch: '580', cuda: '13.0'}", 3, "whole number", "without quotes"),
    "missing field": ("drivers:\n  - {branch: 580}", 3, "'cuda' is missing", "add it"),
    "unknown field": (f"drivers:\n{ROW}, cudda: '1'}}", 3, "unknown field 'cudda'", "DriverBranch has"),
    "unknown table": ("drivvers: []", 2, "unknown table 'drivvers'", "may hold drivers"),
    "empty value": (f"drivers:\n{ROW}, kind: }}", 3, "kind is empty", "must be quoted text or null"),
    "row is no mapping": ("drivers:\n  - text", 3, "a row must be a mapping", "write"),
    "table is no list": ("drivers: {branch: 580}", 2, "must be a list", "start each row"),
    "duplicate key in a row": ("drivers:\n  - branch: 580\n    cuda: '13.0'\n    cuda: '13.1'", 5, "'cuda' is also on line 4", "keep one"),
    "duplicate row": (f"drivers:\n{ROW}}}\n{ROW}}}", 4, "drivers/580 is also at", "keep one"),
    "alias": (f"drivers:\n{ROW}, kind: &a PB}}\n  - {{branch: 1, cuda: '1.0', kind: *a}}", 3, "anchor or alias", "write the value out"),
    "tag": (f"drivers:\n{ROW}, kind: !!str PB}}", 3, "YAML tag", "leave the tag out"),
    "syntax": ("drivers:\n  - {branch: 580", 4, "is not YAML", "correct it"),
    "a tab": (f"drivers:\n{ROW}}}\n\t- branch: 570", 4, "indented with a tab", "use blanks"),
    "two documents": ("drivers: []\n---\ndrivers: []", 4, "more than one YAML document", "keep one"),
    "too deep": (f"drivers: {'[' * 30}{']' * 30}", 2, "levels deep", "flatten"),
    "not a driver": (f"drivers:\n{ROW}, first: R580}}", 3, "not a driver release", "correct it"),
    "not a word of the list": (f"drivers:\n{ROW}, kind: XXL}}", 3, "none of LTSB", "correct it"),
    "wrong order": (f"drivers:\n{ROW}, first: '580.9', last_linux: '580.10'}}\n  - {{branch: 570, cuda: '12.8', first: '575.1', last_linux: '570.1'}}", 4, "comes after", "swap"),
    "control characters": (f'drivers:\n{ROW}, kind: "\\e[2J"}}', 3, "control characters", "remove them"),
    "no date": (f"drivers:\n{ROW}, checked: soon}}", 3, "is not a date", "write 2026-01-31"),
    "bad method": (f"drivers:\n{ROW}, how: guessed}}", 3, "how must be one of", "measured"),
    "bad confidence": (f"drivers:\n{ROW}, confidence: total}}", 3, "confidence must be one of", "medium"),
    "bad source": (f"drivers:\n{ROW}, source: trust-me}}", 3, "cannot be followed", "https://"),
    "default for a field": ("drivers:\n" + ROW + "}\n", 1, "cannot have a default", "write it on each row"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fault_has_its_line_and_a_cure(case: str, tmp_path: Path) -> None:
    text, line, message, cure = CASES[case]
    header = HEADER.replace("how: docs}", "how: docs, branch: '1'}") if line == 1 else HEADER

    found = faults(tmp_path, header + text)

    assert [(where, message in words and cure in words) for where, words in found] == [
        (line, True)
    ], found


@pytest.mark.parametrize("host", ["pypi" + ".org", "files.pythonhosted" + ".org", "PyPI" + ".org"])
@pytest.mark.parametrize("field", ["source", "note"])
def test_a_package_registry_is_no_source(field: str, host: str, tmp_path: Path) -> None:
    (fault,) = faults(
        tmp_path, HEADER + f"drivers:\n{ROW}, {field}: 'https://{host}/project/torch'}}"
    )

    assert fault[0] == 3
    assert "pypi:NAME==VERSION" in fault[1]


@pytest.mark.parametrize("field", ["source", "checked", "how"])
def test_a_row_without_its_receipt_does_not_compile(field: str, tmp_path: Path) -> None:
    receipt = {"source": "'debian:x'", "checked": "2026-01-31", "how": "docs"}
    del receipt[field]
    cells = "".join(f", {key}: {value}" for key, value in receipt.items())

    ((line, message),) = faults(tmp_path, f"drivers:\n{ROW}{cells}}}")

    assert line == 2
    assert f"{field!r} is missing; add it" in message


def test_a_date_in_the_future_does_not_compile(tmp_path: Path) -> None:
    day = date.today() + timedelta(days=3)

    ((line, message),) = faults(tmp_path, f"{HEADER}drivers:\n{ROW}, checked: {day}}}")

    assert (line, "lies in the future" in message) == (3, True)


@pytest.mark.parametrize(
    "source",
    ["https://example.org/a#b", "pypi:torch==2.8.0+cu128", "pypi:torch>=1.12.0,<=2.15.0", "pypi:vllm<=0.33.0",
     "debian:libcuda1", "conda:nvidia/cuda-cudart", 'code:"nvcr.io/nvidia/pytorch:25.11-py3"',
     "https://a.example/x ; pypi:torch==2.8.0"],
)  # fmt: skip
def test_sources_that_can_be_followed(source: str, tmp_path: Path) -> None:
    assert faults(tmp_path, f"{HEADER}drivers:\n{ROW}, source: '{source}'}}") == []


@pytest.mark.parametrize(
    "source",
    ["pypi:torch", "pypi:torch==", "pypi:torch>=2.0", "four words that cite nothing", "a public log, read in May",
     'code:"cuda"', 'code:""', "code:nvcr.io/nvidia/pytorch", "https://", "https://a.example/x ; somebody's notes"],
)  # fmt: skip
def test_sources_that_cannot_be_followed(source: str, tmp_path: Path) -> None:
    quoted = source.replace("'", "''")

    ((line, message),) = faults(tmp_path, f"{HEADER}drivers:\n{ROW}, source: '{quoted}'}}")

    assert (line, "cannot be followed; give an https:// address" in message) == (3, True)


def test_a_short_name_stands_for_its_source(tmp_path: Path) -> None:
    text = (
        f"{HEADER}sources: {{guide: 'https://example.org/guide'}}\ndrivers:\n{ROW}, source: guide}}"
    )

    compiled = compile_matrix(folder(tmp_path, text))

    assert (
        Matrix(compiled["index"], compiled["tables"].get).drivers[0].origin.source
        == "https://example.org/guide"
    )


def test_every_fault_is_reported_not_only_the_first(tmp_path: Path) -> None:
    text = HEADER + "drivers:\n  - {branch: x, cuda: 1.0, odd: 1}\n  - {branch: 1}\n"

    found = faults(tmp_path, text, xids="xids: []\n", notes=HEADER + "notes: [{id: a}]\n")

    assert [line for line, _ in found] == [3, 3, 3, 4, 2, 2]


def test_a_fault_of_the_defaults_is_said_once(tmp_path: Path) -> None:
    text = (
        HEADER.replace("2026-01-31", "2026-13-41")
        + f"drivers:\n{ROW}}}\n{ROW.replace('580', '570')}}}\n"
    )

    assert [line for line, _ in faults(tmp_path, text)] == [1]


def test_a_folder_without_rows(tmp_path: Path) -> None:
    (problem,) = validate(SOURCES, tmp_path)

    assert str(problem) == f"{tmp_path}: holds no .yaml file; name a folder of rows"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    ((line, message),) = faults(tmp_path, "#" * (MAX_BYTES + 1))

    assert (line, "split it" in message) == (0, True)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "drivers.yaml").write_bytes(b"drivers: []\n# \xff\n")

    (problem,) = validate(tmp_path)

    assert (problem.line, problem.message) == (2, "is not UTF-8; save it as UTF-8")


def test_an_alias_bomb_is_never_expanded(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
    )

    ((line, message),) = faults(tmp_path, bomb)

    assert (line, "anchor or alias" in message) == (1, True)


def test_a_table_has_its_place(tmp_path: Path) -> None:
    ((line, message),) = faults(tmp_path, DRIVERS, "gpus.yaml")
    (elsewhere,) = validate(folder(tmp_path / "x", DRIVERS, "mine.yaml"))

    assert (line, "unknown table 'drivers'" in message) == (2, True)
    assert "belongs to no table" in elsewhere.message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = validate(tmp_path / "nowhere")

    assert "is not a folder" in problem.message


def test_an_unsound_matrix_raises_with_its_faults(tmp_path: Path) -> None:
    rows = "drivers:\n  - {branch: 580}\n  - {branch: 570}\n"

    with pytest.raises(MatrixError, match=r"drivers\.yaml:3: field 'cuda' is .*1 more fault\)"):
        compile_matrix(folder(tmp_path, HEADER + rows))


def test_the_digest_does_not_depend_on_the_order_of_rows_and_files(tmp_path: Path) -> None:
    text = (SOURCES / "error_codes.yaml").read_text(encoding="utf-8")
    head, _, body = text.partition("error_codes:\n")
    lines = [line for line in body.splitlines() if not line.startswith("  #")]
    rows = re.split(r"\n(?=  - )", "\n".join(lines))
    before = compile_matrix(folder(tmp_path / "a", text, "error_codes.yaml"))

    random.Random(7).shuffle(rows)
    after = compile_matrix(
        folder(tmp_path / "b", head + "error_codes:\n" + "\n".join(rows), "error_codes.yaml")
    )

    assert after == before


def test_the_digest_changes_with_any_cell(tmp_path: Path) -> None:
    one = compile_matrix(folder(tmp_path / "a", DRIVERS))["index"]["digest"]
    two = compile_matrix(folder(tmp_path / "b", DRIVERS.replace("2026-01-31", "2026-01-30")))[
        "index"
    ]["digest"]

    assert one != two


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    compiled = compile_matrix(SOURCES)
    write_compiled(compiled, tmp_path)

    assert json.loads((tmp_path / "index.json").read_text()) == compiled["index"]
    for name, content in compiled["tables"].items():
        written = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        kind = TABLES[name.partition(".")[0]].row
        assert list(rows_of(kind, written)) == list(rows_of(kind, content)), name
    assert not list(tmp_path.glob(".*"))


def test_a_file_of_a_part_that_is_no_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "images.gone.json").write_text("{}")
    (tmp_path / "rules.json").write_text("{}")
    write_compiled(compile_matrix(SOURCES), tmp_path)

    assert not (tmp_path / "images.gone.json").exists()
    assert (tmp_path / "rules.json").exists()


def test_one_part_of_a_table_is_read_alone() -> None:
    compiled = compile_matrix(SOURCES)
    read: list[str] = []

    def reader(name: str) -> Any:
        read.append(name)
        return compiled["tables"][name]

    some = Matrix(compiled["index"], reader).select(Image, family="pytorch")
    assert read == ["images.pytorch"]
    every = Matrix(compiled["index"], reader).images
    assert some == tuple(row for row in every if row.family == "pytorch")
    assert Matrix(compiled["index"], reader).select(Image, family="nobody") == ()


def test_keys_are_ordered_as_people_order_them() -> None:
    assert sorted(["a/2.10.0", "a/2.9.1", "a/10", "a/x"], key=natural) == [
        "a/2.9.1",
        "a/2.10.0",
        "a/10",
        "a/x",
    ]


@given(st.text(max_size=300))
def test_no_text_raises(tmp_path_factory: Any, text: str) -> None:
    path = tmp_path_factory.mktemp("matrix")
    (path / "drivers.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")

    for problem in validate(path):
        assert problem.message


@given(st.lists(st.sampled_from("-:{}[]'\"# \n,&*!|>%@abc1.~nul"), max_size=80).map("".join))
def test_no_scrap_of_yaml_raises(tmp_path_factory: Any, text: str) -> None:
    path = tmp_path_factory.mktemp("matrix")
    (path / "drivers.yaml").write_text("drivers: " + text, encoding="utf-8")

    for problem in validate(path):
        assert problem.message
