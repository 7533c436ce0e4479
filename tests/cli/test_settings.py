"""Settings of files under the options of a command: what is typed wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from torch_doctor.cli.input import settings

from tests import samples
from tests.cli.conftest import Run
from tests.samples import A_RULE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "SYSTEM_FILE", tmp_path / "etc.toml")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)


def project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.torch-doctor]\n{text}\n")


def test_what_is_ignored_there_does_not_count(
    run: Run, broken: str, folder: Path, user: None
) -> None:
    assert run("--facts", broken).code == 1
    codes = [
        f["code"]
        for f in run("--facts", broken, "--json").report["findings"]
        if f["severity"] == "error"
    ]
    project(folder, f"ignore = {codes}")

    ran = run("--facts", broken, "--json")
    assert ran.code != 1
    assert {f["code"] for f in ran.report["findings"] if f["ignored"]} == set(codes)


def test_what_is_typed_wins(run: Run, broken: str, folder: Path, user: None) -> None:
    project(folder, 'fail-on = "never"')

    assert run("--facts", broken).code == 0
    assert run("--facts", broken, "--fail-on", "error").code == 1


def test_typed_lists_replace_those_of_the_file(
    run: Run, broken: str, folder: Path, user: None
) -> None:
    project(folder, 'only = ["health"]')

    code = samples.broken().primary.code
    assert run("--facts", broken).code != run("--facts", broken, "--only", code).code == 1


def test_root_is_told_that_it_is_not_obeyed(
    run: Run, broken: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    project(folder, 'fail-on = "never"')
    ran = run("--facts", broken)

    assert ran.code == 1
    assert "--config" in ran.err
    assert run("--facts", broken, "--config", "pyproject.toml").code == 0


def test_the_system_file_holds_for_all(run: Run, broken: str, folder: Path) -> None:
    Path(settings.SYSTEM_FILE).write_text('fail-on = "never"\n')

    assert run("--facts", broken).code == 0


def test_an_overlay_is_used_by_every_command_that_knows_one(
    run: Run, folder: Path, user: None
) -> None:
    (folder / "rows").mkdir()
    (folder / "rows" / "drivers.yaml").write_text(
        "drivers:\n  - {branch: 999, cuda: '19.9', source: 'https://example.org/x', checked: 2026-01-01, how: docs}\n"
    )
    project(folder, 'matrix = "rows"')

    assert run("matrix", "show", "drivers", "999").code == 0
    assert run("recommend", "--gpu", "A100", "--driver", "999.1", "--emit", "pip").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('ignore = ["TD99999"]', "pyproject.toml:2: ignore: there is no rule 'TD99999'"),
        ("colour = 3", "pyproject.toml:2: there is no setting 'colour'"),
        ("x = [", "pyproject.toml:"),
    ],
)
def test_a_fault_is_one_line_and_no_verdict(
    run: Run, healthy: str, folder: Path, user: None, text: str, said: str
) -> None:
    project(folder, text)
    ran = run("--facts", healthy)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
    assert run("--help").code == 0
    assert run("check", "--help").code == 0


def test_an_expired_exception_is_said(run: Run, healthy: str, folder: Path, user: None) -> None:
    project(folder, f'ignore = [{{id = "{A_RULE.code}", until = 2020-01-01}}]')
    ran = run("--facts", healthy)

    assert ran.code == 0
    assert f"{A_RULE.code} was ignored until 2020-01-01" in ran.err
