"""The command and the API: exit codes, forms of the answer, targets, what is accepted in place."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import torch_doctor
from hypothesis import HealthCheck, given, settings
from torch_doctor.__main__ import main
from torch_doctor.linter.check import lint_files, read_file
from torch_doctor.linter.find import find, kind_of
from torch_doctor.linter.project import LintTarget
from torch_doctor.matrix.load import load_matrix

from tests.lint.test_readers import texts

BAD = "--extra-index-url https://download.pytorch.org/whl/cu121\ntorch==2.8.0+cu121\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_folder_is_silent(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "requirements.txt").write_text("torch==2.8.0\ntorchvision==0.23.0\n")

    assert main(["lint"]) == 0
    assert capsys.readouterr().out == "nothing was found in 1 file\n"


def test_a_problem_is_shown_where_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "requirements.txt").write_text(BAD)

    assert main(["lint", "."]) == 1
    out = capsys.readouterr().out
    assert "requirements.txt:2:1: error pair-never-published" in out
    assert "2 | torch==2.8.0+cu121\n      ^\n" in out
    assert "why   torch_builds/2.8.0/" in out
    assert out.endswith("1 error in 1 file\n")


def test_json_follows_its_schema(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "requirements.txt").write_text(BAD)
    main(["schema", "lint"])
    schema = json.loads(capsys.readouterr().out)

    assert main(["lint", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert [one["problem"] for one in document["findings"]] == ["pair-never-published"]
    assert document["counts"] == {"error": 1, "warning": 0, "note": 0}


def test_other_forms(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "requirements.txt").write_text(BAD)

    assert main(["lint", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith(
        "::error file=requirements.txt,line=2,col=1,title=pair-never-published::"
    )
    assert main(["lint", "--format", "sarif"]) == 1
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert run["results"][0]["ruleId"] == run["tool"]["driver"]["rules"][0]["id"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 2, "startColumn": 1}


def test_a_comment_with_a_reason_accepts_a_problem(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = folder / "requirements.txt"
    listed.write_text(
        "torch==2.8.0+cu126  # torch-doctor: ignore[local-version-without-index] our proxy\n"
    )
    assert main(["lint", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["reason"] for one in document["ignored"]] == ["our proxy"]

    listed.write_text(
        "# torch-doctor: ignore[local-version-without-index] our proxy\ntorch==2.8.0+cu126\n"
    )
    assert main(["lint"]) == 0
    listed.write_text("torch==2.8.0+cu126  # torch-doctor: ignore[local-version-without-index]\n")
    assert main(["lint"]) == 1, "without a reason it counts"


def test_warnings_fail_where_they_are_asked_to(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM pytorch/pytorch:latest\n")

    assert main(["lint"]) == 0
    assert main(["lint", "--fail-on", "warning"]) == 1
    assert main(["lint", "--fail-on", "never"]) == 0


@pytest.mark.parametrize(
    "words",
    [("nowhere",), ("--driver", "new"), ("--gpu", "Frobnicator 9000"), ("--expect", "cuda")],
    ids=" ".join,
)
def test_what_means_nothing_is_refused(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", *words]) == 2
    assert capsys.readouterr().err.startswith("torch-doctor: ")


def test_the_api(folder: Path) -> None:
    (folder / "requirements.txt").write_text("torch==2.11.0\n")

    answer = torch_doctor.lint(folder, driver="535")
    assert [flaw.problem for flaw in answer.flaws] == ["driver-too-old"]
    assert torch_doctor.lint(str(folder), driver="580.65.06").flaws == ()


def test_what_others_wrote_is_not_read(tmp_path: Path) -> None:
    for name in ("node_modules", ".git", "env/lib"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "requirements.txt").write_text(BAD)
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "Dockerfile").write_text("FROM a\n")

    assert [file.kind for file in find((str(tmp_path),))] == ["dockerfile"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Dockerfile", "dockerfile"),
        ("gpu.Dockerfile", "dockerfile"),
        ("docker/Dockerfile.cuda", "dockerfile"),
        ("Dockerfile.j2", ""),
        ("Dockerfile.md", ""),
        ("requirements-dev.txt", "requirements"),
        ("requirements/base.txt", "requirements"),
        ("notes.txt", ""),
        ("docker-compose.gpu.yml", "compose"),
        (".github/workflows/ci.yaml", "workflow"),
        ("k8s/job.yaml", "yaml"),
        ("environment.yml", "conda"),
        ("train.sbatch", "script"),
        ("pyproject.toml", "pyproject"),
    ],
)
def test_formats_are_told_by_names(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts, other=texts)
def test_nothing_that_is_read_makes_a_problem_fail(text: str, other: str) -> None:
    matrix = load_matrix()
    files = {
        name: read_file(name, kind_of(name), body)
        for name, body in (
            ("Dockerfile", f"FROM python:3.11\nRUN pip install torch -r requirements.txt {text}"),
            ("requirements.txt", f"torch\n{other}"),
            ("a.sh", f"pip install torch {other}"),
        )
    }

    lint_files(files, LintTarget(), matrix)
