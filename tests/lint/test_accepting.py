"""What is accepted with a reason, in place or by settings, and what is meant to be and is not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from torch_doctor.__main__ import main
from torch_doctor.cli.settings import taking as settings
from torch_doctor.linter.accepting import AcceptedProblem
from torch_doctor.linter.check import LintAnswer, Settled, lint_files, read_file
from torch_doctor.linter.find import kind_of
from torch_doctor.linter.project import LintTarget
from torch_doctor.matrix.load import load_matrix

LOCAL = "local-version-without-index"
SAYS = f"torch-doctor: ignore[{LOCAL}]"


def answered(name: str, text: str, *accepted: AcceptedProblem) -> LintAnswer:
    files = {name: read_file(name, kind_of(name), text)}
    settled = Settled(accepted, "2026-11-29")
    return lint_files(files, LintTarget(), load_matrix(), settled)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", f"torch==2.8.0+cu126  # {SAYS} our proxy\n"),
        ("requirements.txt", f"# {SAYS} our proxy\n# more words\ntorch==2.8.0+cu126\n"),
        (
            "Dockerfile",
            f"FROM python:3.11\n# {SAYS} our proxy\nRUN pip install torch==2.8.0+cu126\n",
        ),
        (
            "Dockerfile",
            f"FROM python:3.11\nRUN true && \\\n  # {SAYS}: our proxy\n  pip install torch==2.8.0+cu126\n",
        ),
        ("a.sh", f"# {SAYS} our proxy\npip install \\\n  torch==2.8.0+cu126\n"),
        (
            "pyproject.toml",
            f'[project]\nname = "a"\ndependencies = [\n  # {SAYS} our proxy\n  "torch==2.8.0+cu126",\n]\n',
        ),
        (
            "environment.yml",
            f"dependencies:\n- pip:\n  # {SAYS} our proxy\n  - torch==2.8.0+cu126\n",
        ),
        (
            "a.ipynb",
            json.dumps(
                {
                    "cells": [
                        {
                            "cell_type": "code",
                            "source": [
                                f"!pip install torch==2.8.0+cu126  # {SAYS} our proxy\n",
                                "x",
                            ],
                        }
                    ]
                },
                indent=1,
            ),
        ),
    ],
    ids=["line", "above", "docker", "docker-inside", "shell", "toml", "yaml", "notebook"],
)
def test_a_comment_in_the_form_of_each_language(name: str, text: str) -> None:
    bare = answered(name, text.replace("torch-doctor:", "we said:"))
    answer = answered(name, text)

    assert LOCAL in {flaw.problem for flaw in bare.flaws}
    assert LOCAL not in {flaw.problem for flaw in answer.flaws}
    assert {flaw.reason for flaw in answer.ignored} == {"our proxy"}
    assert {flaw.accepted_in.rpartition(":")[0] for flaw in answer.ignored} == {name}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("requirements.txt", f"torch==2.8.0+cu126  # {SAYS}\n", "without a reason"),
        (
            "requirements.txt",
            "torch==2.8.0+cu126  # torch-doctor: ignore[local-version-without-indx] our proxy\n",
            f"did you mean {LOCAL}?",
        ),
        (
            "Dockerfile",
            "FROM pytorch/pytorch:latest # torch-doctor: ignore[image-latest] we follow it\n",
            "on a line of its own above",
        ),
    ],
    ids=["no-reason", "misspelled", "behind-FROM"],
)
def test_what_does_not_accept_says_why(name: str, text: str, words: str) -> None:
    answer = answered(name, text)

    assert not answer.ignored
    assert [words in flaw.not_accepted for flaw in answer.flaws] == [True]


def test_a_comment_speaks_of_its_own_line_alone() -> None:
    latest = "FROM pytorch/pytorch:latest\n"
    text = f"# torch-doctor: ignore[image-latest] we follow it\n{latest}{latest}"
    answer = answered("Dockerfile", text)

    assert ([f.spot.line for f in answer.flaws], [f.spot.line for f in answer.ignored]) == (
        [3],
        [2],
    )


@pytest.mark.parametrize(
    ("files", "until", "accepts"),
    [
        ((), "", True),
        (("legacy/*",), "", True),
        (("legacy/",), "", True),
        (("docker/*",), "", False),
        ((), "2026-11-29", True),
        ((), "2026-11-28", False),
    ],
)
def test_settings_accept_in_some_files_and_up_to_a_day(
    files: tuple[str, ...], until: str, accepts: bool
) -> None:
    entry = AcceptedProblem(LOCAL, "our proxy", "pyproject.toml:3", files, until)
    answer = answered("legacy/a/requirements.txt", "torch==2.8.0+cu126\n", entry)

    assert bool(answer.ignored) is accepts
    assert bool(answer.flaws) is not accepts
    if until and not accepts:
        assert (
            "it was accepted until 2026-11-28 (our proxy; pyproject.toml:3)"
            in answer.flaws[0].not_accepted
        )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "SYSTEM_FILE", tmp_path / "etc.toml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("torch==2.8.0+cu126\n")
    return tmp_path


def test_settings_hold_for_root_too_and_are_counted(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert main(["lint"]) == 1
    entry = f'{{problem = "{LOCAL}", reason = "our proxy", until = 2999-01-31}}'
    (folder / "pyproject.toml").write_text(f"[tool.torch-doctor]\nlint-ignore = [{entry}]\n")
    capsys.readouterr()

    assert main(["lint"]) == 0
    assert capsys.readouterr().out.endswith("1 accepted with a reason (-v)\n")
    assert main(["lint", "-v"]) == 0
    assert f"{LOCAL} is accepted: our proxy (pyproject.toml:2)" in capsys.readouterr().out.replace(
        "\n ", ""
    )
    assert main(["lint", "--format", "sarif"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "our proxy"}]


def test_an_expired_setting_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = f'{{problem = "{LOCAL}", reason = "our proxy", until = 2020-01-31}}'
    (folder / "pyproject.toml").write_text(f"[tool.torch-doctor]\nlint-ignore = [{entry}]\n")

    assert main(["lint"]) == 1
    output = capsys.readouterr()
    assert f"pyproject.toml:2: {LOCAL} was ignored until 2020-01-31 (our proxy)" in output.err
    assert "it was accepted until 2020-01-31" in output.out


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('["eol-base"]', "each entry must be a table"),
        ('[{problem = "eol-base"}]', "needs a reason"),
        ('[{problem = "eol-bas", reason = "x"}]', "did you mean eol-base"),
        ('[{problem = "eol-base", reason = "x", untill = 2027-01-01}]', "not untill"),
        ('[{problem = "eol-base", reason = "x", until = "soon"}]', "must be a date"),
        ('[{problem = "eol-base", reason = "x", files = 1}]', "files must be"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    folder: Path, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.torch-doctor]\nlint-ignore = {value}\n")

    assert main(["lint"]) == 2
    assert words in capsys.readouterr().err
