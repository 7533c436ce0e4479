"""``torch-doctor settings``: what is in force and from where; and the settings that say what is expected."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.cli.about import settings as command
from torch_doctor.cli.settings import taking as settings
from torch_doctor.cli.settings.files import read_config
from torch_doctor.cli.settings.keys import KEYS

from tests.cli.conftest import Run
from tests.cli.machines import machine
from tests.resting import rests_on
from tests.samples import A_RULE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (settings, command):
        monkeypatch.setattr(module, "SYSTEM_FILE", str(tmp_path / "etc.toml"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    for name in command.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.torch-doctor]\n{text}\n")


def answered(run: Run, *words: str) -> Any:
    ran = run("settings", "--json", *words)
    assert ran.code == 0
    return json.loads(ran.out)


def test_each_setting_has_its_file_and_line(run: Run, folder: Path) -> None:
    (folder.parent / "etc.toml").write_text('fail-on = "warning"\ntimeout = 30\n')
    project(folder, f'\nfail-on = "never"\nignore = [{{id = "{A_RULE.code}", until = 2999-01-31}}]')

    rows = {row["key"]: row for row in answered(run)["settings"]}
    assert set(rows) == set(KEYS)
    assert (rows["fail-on"]["value"], rows["fail-on"]["line"]) == ("never", 3)
    assert rows["fail-on"]["file"] == "pyproject.toml", "the folder's file is the stronger one"
    assert rows["timeout"]["file"].endswith("etc.toml")
    assert rows["ignore"]["value"] == [{"id": A_RULE.code, "until": "2999-01-31"}]
    assert rows["only"]["file"] is None and rows["only"]["default"] == "all"


def test_people_read_the_same(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    project(folder, "expect-gpus = 8")

    output = " ".join(run("settings").out.split())
    assert "expect-gpus = 8 from pyproject.toml:2: fewer usable GPUs are an error" in output
    assert (
        "fail-on: from which severity on a finding makes the exit code 1 (without it: error)"
        in output
    )
    assert "NO_COLOR = 1: print without colour" in output
    assert "etc.toml: not there" in output and "pyproject.toml: read" in output


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (None, "not there"),
        ("[tool.other]\n", "has no [tool.torch-doctor]"),
        ("[tool.torch-doctor]\n", "read"),
    ],
)
def test_it_says_what_became_of_a_file(
    run: Run, folder: Path, text: str | None, state: str
) -> None:
    if text is not None:
        (folder / "pyproject.toml").write_text(text)

    assert answered(run)["files"][1]["state"] == state


def test_as_root_the_folder_is_not_obeyed(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    project(folder, "static = true")

    answers = answered(run)
    assert "not obeyed as root" in answers["files"][1]["state"]
    assert not any(row["file"] for row in answers["settings"])
    named = answered(run, "--config", "pyproject.toml")
    assert any(row["file"] for row in named["settings"])


def test_a_wrong_file_is_one_line(run: Run, folder: Path) -> None:
    project(folder, "expect-gpus = 0")

    ran = run("settings")
    assert ran.code == 2
    assert (
        ran.err
        == "torch-doctor: pyproject.toml:2: expect-gpus: must be a number from 1 on, not 0; "
        "write expect-gpus = 8\n"
    )


@rests_on("TD205", "TD206", "TD425")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("expect-gpus = 1", 0),
        ("expect-gpus = 2", 1),
        ('expect-gpu = "H100"', 0),
        ('expect-gpu = ["H100", "A100"]', 1),
        ('expect = "cu130"', 0),
        ('expect = ["cu128"]', 1),
        ("require-gpu = true", 0),
    ],
)
def test_expectations_may_be_settings(
    run: Run, folder: Path, tmp_path: Path, text: str, code: int
) -> None:
    facts = machine("h100-580-cu130", tmp_path)
    project(folder, text)

    assert run("check", "--facts", facts).code == code


def test_what_is_typed_replaces_what_is_expected(run: Run, folder: Path, tmp_path: Path) -> None:
    facts = machine("h100-580-cu130", tmp_path)
    project(folder, 'expect-gpu = ["A100"]\nexpect-gpus = 4')

    assert run("check", "--facts", facts, "--expect-gpu", "H100", "--expect-gpus", "1").code == 0


def test_a_name_that_means_nothing_is_a_fault_of_its_line(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    facts = machine("h100-580-cu130", tmp_path)
    project(folder, 'expect-gpu = ["Voodoo 2"]')

    ran = run("check", "--facts", facts)
    assert ran.code == 2
    assert ran.err.startswith(
        "torch-doctor: pyproject.toml:2: expect-gpu: no GPU is called 'Voodoo 2'"
    )


@pytest.mark.parametrize("name", KEYS)
def test_the_example_of_each_key_is_read(folder: Path, name: str) -> None:
    from datetime import date

    (folder / "rows").mkdir()
    project(folder, f"{name} = {KEYS[name].example}")

    config = read_config(folder, None, root=False, today=date(2026, 1, 1), system=folder / "none")
    assert set(config.settings) == {name}
    json.dumps(command._plain(config.settings[name].written))


def test_every_variable_of_its_own_is_listed() -> None:
    package = Path(command.__file__).parents[2]
    read = {
        name
        for file in package.rglob("*.py")
        for name in re.findall(r"TORCH_DOCTOR_[A-Z_]+", file.read_text("utf-8"))
    }
    assert read <= command.VARIABLES.keys()
