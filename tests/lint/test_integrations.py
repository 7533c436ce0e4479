"""The hook of pre-commit and the action of GitHub: their scripts are run as a runner runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from torch_doctor.cli.lint import parser
from torch_doctor.linter.find import kind_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / "action.yml").is_file() or not shutil.which("bash"), reason="needs the checkout"
)


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def ran(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str, str]:
    """Run the second step of the action with *inputs*, in a runner whose tool is the one that is tested."""
    temp = folder / "runner" / "torch-doctor" / "bin"
    temp.mkdir(parents=True)
    tool = temp / "torch-doctor"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m torch_doctor "$@"\n')
    tool.chmod(0o755)
    step = action()["runs"]["steps"][1]
    given = {name: str(one["default"]) for name, one in action()["inputs"].items()} | inputs
    env = {
        key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: given[match[1]], value)
        for key, value in step["env"].items()
    }
    files = {"GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "summary"}
    env |= {name: str(path) for name, path in files.items()} | {
        "RUNNER_TEMP": str(folder / "runner")
    }
    work = folder / "work"
    work.mkdir()
    (work / "requirements.txt").write_text("torch==2.8.0+cu126\n")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=work, env={**os.environ, "PYTHONPATH": str(ROOT / "doctor"), **env},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    read = {name: path.read_text() if path.exists() else "" for name, path in files.items()}
    return done, read["GITHUB_OUTPUT"], read["GITHUB_STEP_SUMMARY"]


def test_lint_annotates_and_fails(tmp_path: Path) -> None:
    done, output, summary = ran(tmp_path, sarif="lint.sarif")

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=requirements.txt,line=1")
    assert output == "exit-code=1\n"
    assert summary.startswith("## torch-doctor lint: 1 error")
    assert '"version": "2.1.0"' in (tmp_path / "work" / "lint.sarif").read_text()


def test_options_are_words_and_never_script(tmp_path: Path) -> None:
    done, output, _ = ran(
        tmp_path, args="--fail-on never\n", paths="requirements.txt $(touch evil) ;"
    )

    assert done.returncode == 2
    assert not (tmp_path / "work" / "evil").exists()
    assert output == "exit-code=2\n"


def test_options_of_several_lines_are_passed(tmp_path: Path) -> None:
    done, _, _ = ran(tmp_path, args="--fail-on\nnever\n", paths="requirements.txt")

    assert (done.returncode, done.stdout.count("::error")) == (0, 1), done.stderr


def test_triage_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("torch: 2.6.0+cpu\nCUDA available: False\n")
    done, output, _ = ran(tmp_path, command="triage", paths=str(tmp_path / "log.txt"))

    assert done.returncode in (0, 1, 2)
    assert output == f"exit-code={done.returncode}\n"
    assert "itself failed" not in done.stderr


def test_another_command_is_refused(tmp_path: Path) -> None:
    done, _, _ = ran(tmp_path, command="matrix; true")

    assert (done.returncode, done.stdout) == (2, "::error::command is lint, preflight or triage\n")


def test_the_first_step_installs_from_the_action_itself() -> None:
    step = action()["runs"]["steps"][0]

    assert step["env"]["TD_SOURCE"] == "${{ github.action_path }}"
    assert not re.search(r"\$\{\{", "".join(one["run"] for one in action()["runs"]["steps"]))


def test_the_hook_runs_a_command_that_there_is_for_files_that_are_read() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    program, command, *words = hook["entry"].split()
    assert (program, command) == ("torch-doctor", "lint")
    parser().parse_args(words)
    for name in (
        "Dockerfile", "gpu.Dockerfile", "a/requirements-gpu.txt", "uv.lock", "poetry.lock", "Pipfile.lock",
        "pyproject.toml", "compose.yaml", ".github/workflows/a.yml", "a.sbatch", "a.ipynb", "a.def", "README.md",
    ):  # fmt: skip
        assert kind_of(name)
        assert re.search(hook["files"], name), name
    assert not re.search(hook["files"], "src/model.py")
