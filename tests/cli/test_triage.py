"""Pasted reports on the command line: one report, a batch, and whatever else somebody may feed it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest
from torch_doctor.cli.schema import SCHEMA

from tests.cli.conftest import Run
from tests.resting import rests_on

OLD_DRIVER = """\
PyTorch version: 2.9.1+cu130
CUDA used to build PyTorch: 13.0
OS: Ubuntu 22.04.4 LTS (x86_64)
Is CUDA available: False
GPU models and configuration: GPU 0: NVIDIA GeForce RTX 3080
Nvidia driver version: 545.29.06
"""
FINE = """\
PyTorch version: 2.6.0+cu124
CUDA used to build PyTorch: 12.4
Is CUDA available: True
GPU models and configuration: GPU 0: NVIDIA L40S
Nvidia driver version: 550.90.07
"""
WORDS = "Training is slow on my machine, what can I do?\n"


def write(folder: Path, **reports: str) -> Path:
    for name, text in reports.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "code", "verdict"),
    [(OLD_DRIVER, 1, "broken"), (FINE, 0, "healthy"), (WORDS, 2, "undecided")],
)
def test_verdicts_and_exit_codes(
    run: Run, tmp_path: Path, text: str, code: int, verdict: str
) -> None:
    write(tmp_path, a=text)

    for command in (("triage",), ("check", "--from")):
        ran = run(*command, str(tmp_path / "a.txt"), "--json")
        assert (ran.code, ran.report["verdict"]) == (code, verdict)


@rests_on("TD120")
def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, OLD_DRIVER.encode())

    report = run("triage", "-", "--json").report

    assert report["primary"]["cause"] == "driver-too-old-for-cuda-build"
    sources = {e["source"] for f in report["findings"] for e in f["evidence"]}
    assert "report:6" in sources


@rests_on("TD120")
def test_the_comment_quotes_by_line_and_names_the_cure(run: Run, tmp_path: Path) -> None:
    write(tmp_path, a=OLD_DRIVER)

    out = run("triage", str(tmp_path / "a.txt"), "--format", "markdown").out

    assert "broken (driver-too-old-for-cuda-build)" in out
    assert "> line 6: `Nvidia driver version: 545.29.06`" in out
    assert "python -m pip install" in out
    assert "```sh" in out


def test_the_comment_asks_for_what_would_decide(run: Run, tmp_path: Path) -> None:
    write(tmp_path, a=WORDS)

    out = run("triage", str(tmp_path / "a.txt"), "--format", "markdown").out

    assert "Please add the output of" in out
    assert "nvidia-smi" in out
    assert "collect_env" in out


def test_a_comment_carries_nothing_that_acts(run: Run, tmp_path: Path) -> None:
    hostile = "@everyone <img src=x onerror=alert(1)> [a](http://x) ```\n"
    write(
        tmp_path,
        a=OLD_DRIVER.replace("GeForce RTX 3080", f"GeForce RTX 3080 {hostile.strip()}") + hostile,
    )

    lines = run("triage", str(tmp_path / "a.txt"), "--format", "markdown").out.splitlines()

    spans = [line for line in lines if "@everyone" in line or "<img" in line]
    assert all("`" in line or "\\@" in line for line in spans)


def test_people_are_left_out(run: Run, tmp_path: Path) -> None:
    private = "\nRuntimeError: /home/alice/venv/lib/x.so: CUDA driver version is insufficient for CUDA runtime version\n"
    write(tmp_path, a=OLD_DRIVER + private)
    path = str(tmp_path / "a.txt")

    for form in ("text", "json", "markdown"):
        assert "alice" not in run("triage", path, "--format", form).out
    assert "alice" in run("triage", path, "--json", "--identify").out


@rests_on("TD120")
def test_a_folder_is_a_batch(run: Run, tmp_path: Path) -> None:
    write(tmp_path, a=OLD_DRIVER, b=FINE, c=WORDS)

    ran = run("triage", str(tmp_path))

    lines = [json.loads(line) for line in ran.out.splitlines()]
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for line in lines:
        validator.validate(line)
    assert [Path(line["subject"]).name for line in lines] == ["a.txt", "b.txt", "c.txt"]
    assert [line["verdict"] for line in lines] == ["broken", "healthy", "undecided"]
    assert ran.code == 1
    assert "3 reports judged" in ran.err
    assert "1 driver-too-old-for-cuda-build" in ran.err


def test_a_batch_as_a_table(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a=OLD_DRIVER, b=FINE, c=WORDS)

    asked = run("triage", str(tmp_path), "--format", "text")
    narrow = run("triage", str(tmp_path), "--format", "text", "--width", "60")
    monkeypatch.setattr("torch_doctor.cli.batch.is_terminal", lambda stream: stream is sys.stdout)
    watched = run("triage", str(tmp_path))
    to_file = run("triage", str(tmp_path), "--output", tmp_path / "out.jsonl")

    head, *rows = asked.out.splitlines()
    assert head.split() == ["report", "verdict", "cause", "why"]
    assert [Path(row.split()[0]).name for row in rows] == ["a.txt", "b.txt", "c.txt"]
    assert [row.split()[1] for row in rows] == ["broken", "healthy", "undecided"]
    assert "not known: " in rows[2]
    assert watched.out == asked.out and asked.code == watched.code == to_file.code == 1
    assert "  verdict  broken" in narrow.out.splitlines()
    assert to_file.out == "" and (tmp_path / "out.jsonl").read_text().startswith("{")


@pytest.mark.parametrize(("names", "code"), [(("b",), 0), (("b", "c"), 2), (("a", "c"), 1)])
def test_a_batch_ends_with_its_worst_code(
    run: Run, tmp_path: Path, names: tuple[str, ...], code: int
) -> None:
    texts = {"a": OLD_DRIVER, "b": FINE, "c": WORDS}
    write(tmp_path, **{name: texts[name] for name in names})

    assert run("triage", str(tmp_path / "*.txt")).code == code


def test_json_lines(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        json.dumps({"number": 7, "title": "no GPU", "body": OLD_DRIVER}),
        json.dumps(FINE),
        "",
        "{not json",
        "[]",
        json.dumps({"title": "x", "comments": [{"body": OLD_DRIVER}]}),
    ]
    feed(monkeypatch, "\n".join(rows).encode())
    target = tmp_path / "out.jsonl"

    ran = run("triage", "--jsonl", "-", "--output", str(target), "-q")

    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert (ran.out, ran.err, ran.code) == ("", "", 1)
    verdicts = [line["verdict"] for line in lines]
    assert verdicts == ["broken", "healthy", "undecided", "undecided", "broken"]
    assert lines[0]["subject"] == "7"
    assert lines[2]["error"]["kind"] == "input"


@pytest.mark.parametrize(
    "words",
    [(), ("no-such-file",), ("no-such-*.txt",), ("--jsonl", "no-such-file"), ("--jsonl", "-", "x")],
)
def test_wrong_input_is_one_line_and_code_2(run: Run, words: tuple[str, ...]) -> None:
    ran = run("triage", *words)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    "data", [b"", b"\0\xff\xfe\x80", "PyTorch版本：2.6".encode("utf-16"), b"\n" * 5000]
)
def test_any_bytes_are_judged(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)

    ran = run("triage", str(tmp_path / "a.txt"), "--format", "markdown")

    assert ran.code in (0, 2)
    assert "torch-doctor itself failed" not in ran.err
