"""What a change brings: two revisions or two folders compared, and the least driver of each environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import torch_doctor
from torch_doctor.__main__ import main
from torch_doctor.core.finding import Severity
from torch_doctor.linter.earlier import EarlierError, earlier_files
from torch_doctor.linter.record import Flaw
from torch_doctor.linter.since import compared
from torch_doctor.linter.text import Spot

with_git = pytest.mark.skipif(not shutil.which("git"), reason="needs git")
BASE = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n"


def git(folder: Path, *words: str) -> None:
    own = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True, env=own)


def committed(folder: Path) -> None:
    if not (folder / ".git").exists():
        git(folder, "init")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@with_git
def test_a_newer_base_raises_the_minimum_driver(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(BASE)
    (folder / "requirements.txt").write_text("torch==2.8.0\n")
    committed(folder)
    (folder / "Dockerfile").write_text(BASE.replace("12.8.1", "13.0.1"))
    status = subprocess.run(
        ["git", "status", "--porcelain"], capture_output=True, check=True
    ).stdout

    assert main(["lint", "--since", "HEAD"]) == 0
    out = capsys.readouterr().out.replace("\n  ", " ")
    assert "This change raises the minimum driver from 525.60.13 to 580.65.06.\n" in out
    assert "Dockerfile: 525.60.13 (nvidia/cuda:12.8.1-runtime-ubuntu22.04) before, 580.65.06" in out
    assert "requirements.txt" not in out
    assert "since HEAD: 0 new, 0 as before, 0 mended" in out
    assert (
        status
        == subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True).stdout
    )


@with_git
def test_what_is_new_counts_and_what_was_there_does_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "torch==2.8.0+cu126\n"
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "requirements.txt").write_text(bad)
    committed(folder)
    (folder / "a" / "requirements.txt").write_text(f"# moved by a line\n\n{bad}")
    (folder / "b" / "requirements.txt").write_text("torch==2.8.0\n")
    assert main(["lint", "--since", "HEAD"]) == 0
    (folder / "c").mkdir()
    (folder / "c" / "requirements.txt").write_text("torch==2.8.0+cu121\n")
    capsys.readouterr()

    assert main(["lint", "--since", "HEAD", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    main(["schema", "lint"])
    jsonschema.validate(document, json.loads(capsys.readouterr().out))
    since = document["since"]
    assert [one["file"] for one in document["findings"]] == ["c/requirements.txt"]
    assert [(one["file"], one["line"]) for one in since["kept"]] == [("a/requirements.txt", 3)]
    assert [one["file"] for one in since["mended"]] == ["b/requirements.txt"]
    for form in ("text", "markdown", "sarif", "junit", "gitlab", "github"):
        assert main(["lint", "--since", "HEAD", "--format", form]) == 1
        output = capsys.readouterr().out
        assert ("a/requirements.txt" in output) is (form == "junit")


@with_git
def test_a_folder_below_the_root_and_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "Dockerfile").write_text(BASE)
    (folder / "deep" / "er" / "Dockerfile").write_text(BASE)
    (folder / "deep" / "link.Dockerfile").symlink_to("er/Dockerfile")
    (folder / "deep" / "node_modules").mkdir()
    (folder / "deep" / "node_modules" / "Dockerfile").write_text(BASE)
    committed(folder)
    monkeypatch.chdir(folder / "deep")

    assert [one.name for one in earlier_files("HEAD", (".",))] == ["er/Dockerfile"]
    assert [one.name for one in earlier_files("HEAD", ("er/Dockerfile",))] == ["er/Dockerfile"]
    assert [one.name for one in earlier_files("HEAD", (str(folder),))] == [
        "Dockerfile",
        "er/Dockerfile",
    ]
    assert [one.data for one in earlier_files("main", ("er",))] == [BASE.encode()]


def test_two_folders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, cuda in (("old", "12.8.1"), ("new", "13.0.1")):
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text(BASE.replace("12.8.1", cuda))

    assert main(["lint", "--since", "./old", "new"]) == 0
    assert "from 525.60.13 to 580.65.06." in capsys.readouterr().out
    answer = torch_doctor.lint("new", since=folder / "old")
    assert answer.since
    assert [str(one) for one in answer.since.least] == ["525.60.13", "580.65.06"]
    back = torch_doctor.lint("old", since="./new").since
    assert back
    assert not back.raises


@pytest.mark.parametrize("since", ["no-such-revision", "--output=x", "", "./nowhere"])
def test_what_is_no_revision_is_refused(
    folder: Path, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(BASE)

    assert main(["lint", f"--since={since}"]) == 2
    assert capsys.readouterr().err.startswith("torch-doctor: --since ")
    assert os.listdir(folder) == ["Dockerfile"]


def test_a_folder_is_compared_with_one_folder(folder: Path) -> None:
    for name in ("a", "b", "c"):
        (folder / name).mkdir()

    with pytest.raises(EarlierError):
        list(earlier_files("./a", ("b", "c")))


def flaw(problem: str, file: str, text: str) -> Flaw:
    return Flaw(problem, Severity.ERROR, Spot(file, 1), "", text=text)


@pytest.mark.parametrize(
    ("before", "now", "numbers"),
    [
        ([("p", "a", "x")], [("p", "a", "x")], (0, 1, 0)),
        ([("p", "a", "x")], [("p", "a", "y")], (0, 1, 0)),
        ([("p", "a", "x")], [("p", "b", "x")], (0, 1, 0)),
        ([("p", "a", "x")], [("p", "a", "x"), ("p", "a", "x")], (1, 1, 0)),
        ([("p", "a", "x")], [("q", "a", "x")], (1, 0, 1)),
        ([("p", "a", "x"), ("p", "b", "y")], [("p", "a", "x"), ("p", "c", "z")], (1, 1, 1)),
    ],
    ids=["same", "text", "renamed", "twice", "other", "elsewhere"],
)
def test_problems_are_found_again(
    before: list[tuple[str, str, str]],
    now: list[tuple[str, str, str]],
    numbers: tuple[int, int, int],
) -> None:
    found = compared(tuple(flaw(*one) for one in before), tuple(flaw(*one) for one in now), ())

    assert tuple(map(len, found)) == numbers
