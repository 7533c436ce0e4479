"""Input at the edges: nothing, one word, no text at all, other encodings, folders, archives."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.cli.input.binary import binary_kind

from tests.cli.conftest import Run

REPORT = "torch 2.9.1+cu128, Tesla V100, driver 580.65.06, Linux x86_64\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
# Bytes as a compiler or a disk leaves them, the same in every run.
NOISE = bytes((i * 197 + i * i * 31) % 256 for i in range(4000))
NO_TEXT = {
    "report.gz": (gzip.compress(REPORT.encode()), "is a gzip archive; unpack it"),
    "shot.png": (PNG, "is a picture; copy the text"),
    "photo.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "is a picture"),
    "report.zip": (b"PK\x03\x04\x14\0", "is a zip archive"),
    "report.pdf": (b"%PDF-1.7\n%\xe2\xe3", "is a PDF"),
    "libtorch.so": (b"\x7fELF\x02\x01\x01\0", "is a program or a library"),
    "noise": (NOISE, "is no text"),
}


@pytest.mark.parametrize("name", NO_TEXT)
@pytest.mark.parametrize("command", [["triage"], ["check", "--from"], ["check", "--facts"]])
def test_what_is_no_text_is_one_line(
    run: Run, tmp_path: Path, command: list[str], name: str
) -> None:
    data, output = NO_TEXT[name]
    (tmp_path / name).write_bytes(data)
    ran = run(*command, tmp_path / name)

    assert ran.code == 2
    assert ran.out == ""
    assert output in ran.err
    assert name in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("command", [["triage", "-"], ["check", "--from", "-"], ["explain", "-"]])
def test_standard_input_without_text_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PNG)))
    ran = run(*command)

    assert ran.code == 2
    assert "standard input is a picture; copy the text" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_the_fault_is_in_the_json_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.gz").write_bytes(gzip.compress(b"x"))
    ran = run("triage", tmp_path / "r.gz", "--json")

    assert ran.code == 2
    assert ran.report["error"]["kind"] == "input"
    assert ran.report["next_step"] is None


@pytest.mark.parametrize("text", ["", " \n\t\n", "help", "GPU", "cuda not working", "\0\0\0"])
@pytest.mark.parametrize("command", [["triage"], ["check", "--from"]])
def test_nothing_and_one_word_are_undecided_and_say_what_to_add(
    run: Run, tmp_path: Path, command: list[str], text: str
) -> None:
    (tmp_path / "r.txt").write_text(text)
    ran = run(*command, tmp_path / "r.txt")
    step = run(*command, tmp_path / "r.txt", "--json").report["next_step"]

    assert ran.code == 2
    assert "next      " in ran.out
    assert "collect_env" in ran.out
    assert step["commands"] == ["python -m torch.utils.collect_env"]


def test_an_empty_file_of_facts_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text("")
    assert "is empty; make it with" in run("check", "--facts", tmp_path / "facts.json").err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_a_report_in_any_encoding_is_read(run: Run, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "r.txt").write_bytes(REPORT.replace("\n", "\r\n").encode(encoding))
    ran = run("triage", tmp_path / "r.txt")

    assert ran.code == 0, ran.out
    assert "torch 2.9.1+cu128" in ran.out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_facts_in_encodings_of_windows_are_read(
    run: Run, tmp_path: Path, healthy: str, encoding: str
) -> None:
    (tmp_path / "facts.json").write_text(Path(healthy).read_text(), encoding=encoding)
    assert run("check", "--facts", tmp_path / "facts.json").code == 0


def test_a_log_that_was_cut_off_with_null_bytes_is_text() -> None:
    assert binary_kind(REPORT.encode() + b"\0" * 5000) is None


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])))
def test_text_is_text(text: str) -> None:
    starts = (b"PK\x03", b"BZh", b"GIF8", b"%PDF", b"SQLite format 3", b"RIFF")
    if not text.encode().startswith(starts):
        assert binary_kind(text.encode()) is None
        assert binary_kind(text.encode("utf-16")) is None


def test_a_folder_without_files_says_so(run: Run, tmp_path: Path) -> None:
    ran = run("triage", tmp_path)

    assert ran.code == 2
    assert "holds no file; name a folder of reports" in ran.err


def test_a_batch_goes_on_after_what_is_no_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.txt").write_text(REPORT)
    ran = run("triage", tmp_path)

    assert len(ran.out.splitlines()) == 2
    assert "is a picture" in ran.out.splitlines()[0]
    assert "unreadable" in ran.err


def test_a_folder_is_no_file_of_facts(run: Run, tmp_path: Path) -> None:
    ran = run("check", "--facts", tmp_path)

    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
