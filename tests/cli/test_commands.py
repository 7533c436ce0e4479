"""The other commands, and the help of all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from torch_doctor.cli.overview import COMMANDS
from torch_doctor.core.catalog import FACTS
from torch_doctor.probes.host.port import RecordedHost
from torch_doctor.rules import load_rules

from tests.cli.conftest import Run
from tests.samples import A_RULE, ANOTHER_RULE
from tests.samples import broken as broken_machine


def test_version(run: Run) -> None:
    from torch_doctor import __version__

    assert run("--version") == (0, f"torch-doctor {__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_the_overview_names_every_command(run: Run, words: list[str]) -> None:
    ran = run(*words)

    assert ran.code == 0
    assert all(f"  {name} " in ran.out for name in COMMANDS)
    assert "exit codes:" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_shows_examples_and_exit_codes(run: Run, command: str) -> None:
    ran = run(command, "--help")

    assert (ran.code, ran.err) == (0, "")
    assert f"usage: torch-doctor {command}" in ran.out
    assert "examples:\n  torch-doctor" in ran.out
    assert "exit codes:\n  0  " in ran.out
    assert run("help", command).out == ran.out


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("columns", ["40", "60", "80"])
def test_a_help_keeps_within_the_width(
    run: Run, command: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = run(*filter(None, (command, "--help")))
    monkeypatch.setenv("COLUMNS", columns)
    ran = run(*filter(None, (command, "--help")))
    over = [
        line
        for line in ran.out.splitlines()
        if len(line) > int(columns)
        and " " in line.strip()
        # what people copy, alone on its line, and a heading are left whole
        and not ("torch-doctor" in line and "  " not in line.strip())
        # an argument that is given again and again stands on one line, since Python 3.13 whole
        and not re.match(r"\s*\[|\s*([A-Z|]+) \[\1 \.\.\.\]$", line)
        and not line.endswith(":")
    ]

    assert over == []
    assert "".join(ran.out.split()).count("exitcodes") == "".join(wide.out.split()).count(
        "exitcodes"
    )


def test_what_an_option_may_be_is_told_where_braces_would_be_long(run: Run) -> None:
    output = " ".join(run("check", "--help").out.split())

    assert "--format WORD text, json, " in output and "{text" not in output
    assert "--on-unknown {fail,ignore}" in output


def test_no_word_of_a_help_is_split(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    output = run("check", "--help").out

    assert "gpu=V100,driver=550,torch=2.9.1+cu128" in output.split()
    assert "compute-capability);" in output.split()


def test_collect_writes_what_check_reads(
    run: Run, empty_host: RecordedHost, tmp_path: Path
) -> None:
    path = tmp_path / "facts.json"

    ran = run("collect", "--static", "-o", path, host=empty_host)

    assert (ran.code, ran.out) == (0, "")
    assert f"check --facts {path}" in ran.err
    assert json.loads(path.read_text())["facts"].keys() <= FACTS.keys()
    assert run("--facts", path, "--json").report["verdict"] == "undecided"


def test_collect_prints_json_alone(run: Run, empty_host: RecordedHost) -> None:
    ran = run("collect", "--static", host=empty_host)

    assert ran.json["tool"]["name"] == "torch-doctor"
    assert ran.err == ""


def test_rules_lists_every_rule(run: Run) -> None:
    out = run("rules").out
    listed = run("rules", "--json").json["rules"]

    assert [rule["code"] for rule in listed] == [rule.code for rule in load_rules()]
    assert all(rule["code"] in out and rule["title"] for rule in listed)


@pytest.mark.parametrize("word", [A_RULE.code, A_RULE.code.lower(), A_RULE.name])
def test_explain_takes_code_or_name(run: Run, word: str) -> None:
    out = run("explain", word).out

    assert out.startswith(f"{A_RULE.code} {A_RULE.name}")
    for heading in ("What it checks", "Why it matters", "How to fix", "References"):
        assert heading in out


def test_explain_as_json(run: Run) -> None:
    codes = [ANOTHER_RULE.code, A_RULE.code]
    made = run("explain", *codes, "--json").json

    assert [rule["code"] for rule in made["rules"]] == codes
    assert made["rules"][0]["sections"].keys() >= {"What it checks", "Why it matters", "How to fix"}


NO_KERNEL = "RuntimeError: CUDA error: no kernel image is available for execution on the device"


def test_an_error_text_is_explained_and_held_against_the_machine(run: Run, broken: str) -> None:
    ran = run("explain", NO_KERNEL, "--facts", broken)

    assert ran.code == 0
    assert "can be    GPU older than the wheel" in ran.out
    assert "told by" in ran.out
    assert "On the saved machine\n" in ran.out
    primary = broken_machine().primary
    assert f"{primary.code} {primary.name}" in ran.out


def test_words_without_quotes_and_standard_input_are_text_too(
    run: Run, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    expected = run("explain", NO_KERNEL, "--facts", broken, "--json").json
    monkeypatch.setattr("sys.stdin", io.StringIO(NO_KERNEL))
    for words in (["-"], NO_KERNEL.split()):
        made = run("explain", *words, "--facts", broken, "--json").json
        assert made["signatures"] == expected["signatures"]
    assert expected["report"]["verdict"] == "broken"


def test_an_unknown_error_says_that_it_is_unknown(run: Run, healthy: str) -> None:
    ran = run("explain", "my dog ate the tensor", "--facts", healthy)

    assert ran.code == 1
    assert ran.out.startswith("No error in this text is on record.")


def test_schema_is_the_schema(run: Run) -> None:
    assert run("schema").json["title"] == "torch-doctor report"


def test_matrix_lists_shows_and_validates(run: Run) -> None:
    tables = run("matrix", "--json").json["tables"]
    shown = run("matrix", "show", "drivers", "580", "--json").json["rows"]

    assert tables["torch_builds"] > 100
    assert shown[0]["row"] == "drivers/580"
    assert shown[0]["origin"]["source"]
    assert "580.65.06" in run("matrix", "show", "drivers", "580").out
    assert run("matrix", "validate").code == 0


def test_an_unsound_overlay_is_named_with_file_and_line(
    run: Run, healthy: str, tmp_path: Path
) -> None:
    (tmp_path / "drivers.yaml").write_text("drivers:\n  - branch: x\n")

    validated = run("matrix", "validate", tmp_path)
    used = run("--facts", healthy, "--matrix", tmp_path, "--json")

    assert validated.code == 1
    assert "drivers.yaml:" in validated.out
    assert used.code == 2
    assert used.report["error"]["kind"] == "matrix"
    assert "drivers.yaml:" in used.err
