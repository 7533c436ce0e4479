"""Settings of files under the options of a command: what is typed wins."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from torch_doctor.cli.settings import taking as settings

from tests import samples
from tests.cli.conftest import Run
from tests.resting import rests_on
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
    ("text", "words"),
    [
        ('ignore = ["TD99999"]', "pyproject.toml:2: ignore: there is no rule 'TD99999'"),
        ("colour = 3", "pyproject.toml:2: there is no setting 'colour'"),
        ("x = [", "pyproject.toml:"),
    ],
)
def test_a_fault_is_one_line_and_no_verdict(
    run: Run, healthy: str, folder: Path, user: None, text: str, words: str
) -> None:
    project(folder, text)
    ran = run("--facts", healthy)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert words in ran.err
    assert run("--help").code == 0
    assert run("check", "--help").code == 0


def test_an_expired_exception_is_said(run: Run, healthy: str, folder: Path, user: None) -> None:
    project(folder, f'ignore = [{{id = "{A_RULE.code}", until = 2020-01-01}}]')
    ran = run("--facts", healthy)

    assert ran.code == 0
    assert f"{A_RULE.code} was ignored until 2020-01-01" in ran.err


MIRRORS = 'wheel-index = "https://m.example/whl"\nimage-registry = {"docker.io" = "hub.example/dh"}'


@rests_on("TD201")
def test_cures_go_to_the_mirror_that_settings_name(
    run: Run, folder: Path, user: None, healthy: str
) -> None:
    report = folder / "report.txt"
    report.write_text("GPU: RTX 5090, driver 570.86.16\ntorch 2.5.1+cu121, Linux x86_64\n")
    plain = run("triage", report).out
    assert "https://download.pytorch.org/whl/cu1" in plain
    project(folder, MIRRORS)

    ran = run("triage", report)
    assert "https://download.pytorch.org" not in ran.out
    assert "https://m.example/whl/cu1" in ran.out
    shown = run("triage", report, "--json").report
    texts = [fix["text"] for finding in shown["findings"] for fix in finding["fixes"]]
    assert any("the mirror that pyproject.toml:2 names" in text for text in texts)


@pytest.mark.parametrize(
    "target",
    [
        "pip",
        "uv",
        "requirements",
        "pyproject",
        "docker",
        "dockerfile",
        "compose",
        "kubernetes",
        "all",
    ],
)
def test_every_form_of_a_plan_goes_to_the_mirrors(
    run: Run, folder: Path, user: None, target: str
) -> None:
    asked = ("recommend", "--gpu", "V100", "--platform", "linux-x86_64", "--torch", "2.6.0",
             "--cuda", "11.8", "--emit", target)  # fmt: skip
    plain = run(*asked).out
    project(folder, MIRRORS)
    ran = run(*asked)

    assert ran.code == 0
    assert ran.out != plain
    assert "download.pytorch.org" not in ran.out
    back = ran.out.replace("https://m.example/whl", "https://download.pytorch.org/whl")
    assert back.replace("hub.example/dh/", "") == plain


def test_a_plan_says_where_it_comes_from(run: Run, folder: Path, user: None) -> None:
    project(folder, MIRRORS)
    asked = (
        "recommend",
        "--gpu",
        "V100",
        "--platform",
        "linux-x86_64",
        "--torch",
        "2.6.0",
        "--cuda",
        "11.8",
    )
    made = run(*asked, "--json").json["plans"][0]

    assert made["index_url"].startswith("https://m.example/whl/cu")
    assert made["image"].startswith("hub.example/dh/pytorch/pytorch:")
    assert any("wheels come from https://m.example/whl" in note for note in made["notes"])
    assert any("images of docker.io come from hub.example/dh" in note for note in made["notes"])
    assert "pyproject.toml:2 names" in " ".join(run(*asked).out.split())


def test_no_step_of_an_answer_goes_past_the_mirrors(run: Run, folder: Path, user: None) -> None:
    project(folder, MIRRORS)
    ran = run("recommend", "--gpu", "RTX 5090", "--platform", "linux-x86_64", "--json")

    assert len(ran.json["ladder"]) > 1
    # A row's source stays what it is: that is where a fact was read, not where anything is fetched.
    rest = re.sub(r'"source": "[^"]*"', "", ran.out)
    assert "https://download.pytorch.org/whl" not in rest
    assert '"pytorch/pytorch:' not in rest
