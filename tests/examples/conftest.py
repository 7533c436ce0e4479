"""A folder that has what the examples name: saved hosts, reports, a project with its history, rows, an environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from torch_doctor.__main__ import main

from tests.cli.conftest import run
from tests.unit.matrix.folders import new_gpus

__all__ = ["run"]
ROOT = Path(__file__).resolve().parents[2]
REPORT = """RuntimeError: CUDA error: no kernel image is available for execution on the device
torch 2.6.0+cu124, NVIDIA GeForce RTX 5090, driver 570.86.16, Python 3.12
"""
RECORDED = "h200-580-cu130"


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; a test gets a copy of it."""
    folder = tmp_path_factory.mktemp("examples")
    _hosts(folder)
    _reports(folder)
    _project(folder)
    for name in ("old/matrix", "new/matrix", "torch-doctor/matrix"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / "matrix")
    new_gpus(folder / "my-rows")
    venv.create(folder / "venv", with_pip=False)
    compiled = [str(folder / "my-rows"), "-o", str(folder / "matrix.json")]
    assert main(["matrix", "compile", *compiled]) == 0
    lock = [
        "--gpu",
        "A100",
        "--platform",
        "linux-x86_64",
        "--lock",
        str(folder / "torch.lock.json"),
    ]
    assert main(["recommend", *lock]) == 0
    return folder


def _hosts(folder: Path) -> None:
    for name in ("host", "a", "b", "node7", "before"):
        shutil.copy(ROOT / "tests" / "hosts" / RECORDED / "facts.json", folder / f"{name}.json")
    document = json.loads((folder / "host.json").read_text())
    lines = "".join(json.dumps({**document, "node": f"n{number}"}) + "\n" for number in range(3))
    for name in ("hosts", "more", "monday", "tuesday"):
        (folder / f"{name}.jsonl").write_text(lines)
    for name in ("reports", "monday", "tuesday"):
        (folder / name).mkdir()
        (folder / name / "n1.json").write_text(json.dumps(document))
    (folder / "nodes.txt").write_text("n0\nn1\nn2\n")


def _reports(folder: Path) -> None:
    (folder / "issues").mkdir()
    for name in ("report.txt", "issue.txt", "issues/1.txt", "issues/2.md"):
        (folder / name).write_text(REPORT)
    (folder / "issues.jsonl").write_text(json.dumps({"title": "no kernel", "body": REPORT}) + "\n")


def _project(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12\nRUN pip install torch==2.8.0\n")
    (folder / "requirements.txt").write_text("torch==2.8.0\n")
    (folder / "ci").mkdir()
    (folder / "ci" / "torch-doctor.toml").write_text("expect-gpus = 1\n")
    for name in ("old", "new"):
        (folder / name).mkdir(exist_ok=True)
        shutil.copy(folder / "Dockerfile", folder / name)
    if not shutil.which("git"):
        return
    git = (
        "git",
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
    )
    for words in (
        ("init", "-q"),
        ("add", "Dockerfile", "requirements.txt"),
        ("commit", "-qm", "first"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run((*git, *words), cwd=folder, check=True, stdout=sys.stderr)
