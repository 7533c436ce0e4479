"""Wrong input: one clear line, exit code 2, and JSON that stays JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.input.facts_file import read_facts
from torch_doctor.cli.input.json_file import LIMIT
from torch_doctor.cli.output import streams

from tests.cli.conftest import Run
from tests.samples import A_RULE


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["chekc"], ["no command 'chekc'", "did you mean check?"]),
        (["version"], ["no command 'version'", "did you mean --version?"]),
        (["frobnicate"], ["no command 'frobnicate'", "the commands are check, collect"]),
        (["--jsno"], ["--jsno", "did you mean --json?"]),
        (["--format", "jsn"], ["--format", "did you mean json?"]),
        (["--fail-on", "eror"], ["--fail-on", "did you mean error?"]),
        (["--static", "check"], ["put the command first: torch-doctor check"]),
        (["--only", "TD0999"], ["--only", "TD0999"]),
        (["--ignore", f"{A_RULE.name}x"], ["--ignore", f"did you mean {A_RULE.name}?"]),
        (["--ignore", ","], ["--ignore", "a list such as TD101,TD202"]),
        (["--expect-gpus", "eight"], ["--expect-gpus", "a whole number such as 8", "'eight'"]),
        (["--expect-gpus", "-1"], ["--expect-gpus"]),
        (["--timeout", "0"], ["--timeout", "above 0"]),
        (["--timeout", "soon"], ["--timeout", "'soon'"]),
        (["--timeout", "nan"], ["--timeout"]),
        (["--matrix", "/nope"], ["--matrix /nope", "no such folder"]),
        (["--python", "/nope/python", "--static"], ["--python /nope/python"]),
        (["--facts", "/nope.json"], ["--facts /nope.json", "No such file"]),
        (["--facts", "/tmp"], ["--facts /tmp"]),
        (["--facts", "/dev/null"], ["--facts /dev/null", "not a regular file"]),
        (["--facts", "a\0b"], ["--facts"]),
        (["--facts", "x", "--python", "y"], ["--python", "--facts"]),
        (["--assume", "drver=550"], ["--assume", "did you mean driver?"]),
        (["--assume", "driver"], ["--assume driver", "driver=550"]),
        (["--assume", "driver=new"], ["--assume driver: not a driver release: 'new'"]),
        (["--assume", "gpu=H10O"], ["--assume gpu: no GPU is called 'H10O'"]),
        (["--assume", "gpu=MX450,os=beos"], ["os=beos"]),
        (["--assume", "python=2.7"], ["--assume python: no build of torch for Python 2", "3.12"]),
        (["--assume", "torch=latest"], ["torch=latest", "not a torch version"]),
        (["--format", "html", "--format", "sarif"], ["only one format"]),
        (["-v", "-q"], ["-q"]),
        (["explain"], ["CODE|TEXT"]),
        (["matrix", "show"], ["name of a table", "torch_builds"]),
        (["matrix", "show", "drvers"], ["did you mean drivers?"]),
        (["matrix", "validate", "/nope"], ["/nope"]),
        (["collect", "--output", "/nope/x.json", "--static"], ["/nope/x.json"]),
    ],
)
def test_one_line_names_the_fault_and_the_cure(
    run: Run, words: list[str], expected: list[str]
) -> None:
    ran = run(*words)

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("torch-doctor: ")
    for part in expected:
        assert part in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "--jsno"],
        ["--format", "json", "--facts", "/nope"],
        ["--format=jsonl", "--timeout", "x"],
        ["check", "--json", "--only", "nothing"],
        ["chekc", "--json"],
        ["--json", "--matrix", "/nope"],
        ["--json", "--format", "html"],
    ],
)
def test_json_stays_json(run: Run, words: list[str]) -> None:
    ran = run(*words)

    assert ran.code == 2
    assert ran.report["verdict"] == "undecided"
    assert ran.report["error"]["message"] in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"  \n", ["is empty"]),
        (b'{\n "facts": {\n  nope\n}}', [":3", "not JSON", "column 3"]),
        (b"[]", ["a JSON list, not an object"]),
        (b"null", ["a JSON null"]),
        (b"3", ["a JSON number"]),
        (b"{}", ["no object named facts"]),
        (b'{"facts": []}', ["no object named facts"]),
        (b'{"schema_version": 99, "facts": {}}', ["schema version 99", "update torch-doctor"]),
        (b'{"schema_version": "x", "facts": {}}', ["schema version x"]),
        (b'{"facts":\n {"driver_relase": {"value": "1"}}}', [":2", "did you mean driver_release?"]),
        (b'{"facts":\n\n {"driver_release": {"value": 3}}}', [":3", "driver_release"]),
        (b'{"facts": {"gpus": {"value": [{"index": 0, "nmae": "x"}]}}}', ["gpus", "nmae"]),
        (b'{"facts": {"wsl": {"value": "yes"}}}', ["wsl"]),
        (b'{"facts": {"wsl": 3}}', ["wsl"]),
        (b'{"facts": {"wsl": {"unavailable": "perhaps"}}}', ["wsl", "perhaps"]),
        (b"\x7fELF\x02\x01\x01\x00\x00", ["is a program or a library"]),
        (b'{"facts": {"os_name": "\xff"}}', [":1", "not UTF-8"]),
        (b"[" * 100_000, ["nested too deeply"]),
        (
            b'{"facts": {"shm_mib": {"value": ' + b"9" * 5000 + b"}}}",
            ["cannot be read", "is not JSON"][1:],
        ),
    ],
)
def test_a_bad_file_of_facts_is_named_with_its_line(
    run: Run, tmp_path: Path, content: bytes, words: list[str]
) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)

    ran = run("--facts", path)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert str(path) in ran.err
    for part in words:
        assert part in ran.err


def test_a_huge_file_is_refused_before_it_is_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with open(path, "wb") as file:
        file.truncate(LIMIT * 4)

    assert "larger than 32 MiB" in run("--facts", path).err


def test_a_pipe_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    assert "not a regular file" in run("--facts", path).err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text("{}")
    path.chmod(0)

    assert "Permission denied" in run("--facts", path).err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_files_as_windows_writes_them_are_read(run: Run, healthy: str, encoding: str) -> None:
    text = Path(healthy).read_text()
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    Path(healthy).write_bytes(mark + text.encode(encoding))

    assert run("--facts", healthy, "--json").report["verdict"] == "healthy"


def test_facts_alone_are_a_file_of_facts(run: Run, healthy: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone.json"
    alone.write_text(json.dumps(json.loads(Path(healthy).read_text())["facts"]))

    assert run("--facts", alone, "--json").report["verdict"] == "healthy"


def test_hostile_facts_reach_no_terminal(run: Run, healthy: str) -> None:
    document = json.loads(Path(healthy).read_text())
    hostile = "\x1b]52;c;AAAA\x07[bold]\u202e"
    document["facts"]["os_name"] = {"value": hostile, "source": {"kind": "file", "where": hostile}}
    document["facts"]["gpus"]["value"][0]["name"] = hostile
    Path(healthy).write_text(json.dumps(document))

    for words in ([], ["-v"], ["--json"], ["--format", "html"]):
        ran = run("--facts", healthy, *words)
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
        assert "AAAA" in ran.out


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300) | st.text('{}[]":,facts0123 \n', max_size=80).map(str.encode))
def test_any_bytes_are_facts_or_one_clear_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(data)

    try:
        read_facts(str(path))
    except InputError as error:
        assert "\n" not in error.message  # noqa: PT017
        assert error.cure  # noqa: PT017


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(["gpus", "torch_version", "wsl", "arch_list", "kernel_module"]), json_values)
def test_any_value_of_a_fact_is_read_or_refused(tmp_path: Path, name: str, raw: object) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"facts": {name: raw}}))

    try:
        read_facts(str(path))
    except InputError as error:
        assert name in error.message  # noqa: PT017


def test_a_fault_of_our_own_is_one_line_and_json(
    run: Run, healthy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom\nsecond line")

    monkeypatch.setattr("torch_doctor.api.check", fail)

    ran = run("--facts", healthy, "--json")

    assert ran.code == 2
    assert ran.report["error"]["kind"] == "internal"
    assert ran.err.count("\n") == 1
    assert "RuntimeError: boom second line at test_input.py:" in ran.err
    assert "Traceback" not in ran.err


def test_ctrl_c_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("torch_doctor.api.check", interrupt)

    ran = run()

    assert (ran.code, ran.out) == (130, "")
    assert "interrupted" in ran.err


def test_an_unwritable_output_is_one_line(run: Run, healthy: str, tmp_path: Path) -> None:
    ran = run("--facts", healthy, "--output", tmp_path / "no" / "r.json")

    assert ran.code == 2
    assert "--output" in ran.err
    assert "No such file" in ran.err


def test_an_output_replaces_a_link_and_writes_to_a_device(
    run: Run, healthy: str, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    link = tmp_path / "r.json"
    link.symlink_to(victim)

    assert run("--facts", healthy, "--output", link).code == 0
    assert run("--facts", healthy, "--output", "/dev/null").code == 0
    assert victim.read_text() == "kept"
    assert not link.is_symlink()


def test_a_notice_breaks_between_words_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    streams.notice("broken (TD601 container-started-without-gpus); now running PyTorch " * 2)
    [plain] = capsys.readouterr().err.splitlines()
    monkeypatch.setattr(streams, "is_terminal", lambda stream: stream is sys.stderr)
    streams.notice("broken (TD601 container-started-without-gpus); now running PyTorch " * 2)
    rows = capsys.readouterr().err.splitlines()

    assert len(rows) > 1
    assert all(len(row) <= 60 for row in rows)
    assert " ".join(row.strip() for row in rows).split() == plain.split()
