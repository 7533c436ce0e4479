"""A lock, and a host that drifted from it, against files that are reviewed like code.

``UPDATE_GOLDEN=1 pytest tests/golden`` writes them anew. What the date of the matrix changes is left out.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch_doctor
from torch_doctor.core.about import About, AboutKind
from torch_doctor.matrix.load import load_matrix
from torch_doctor.recommendation.locking.comparison import comparison_values
from torch_doctor.recommendation.locking.content import lock_of
from torch_doctor.recommendation.locking.drift import Comparison
from torch_doctor.render.text.drifts import lines
from torch_doctor.render.text.screen import to_text

FOLDER = Path(__file__).parent / "locks"
NONE = {"version": "", "digest": ""}
REPORT = """PyTorch version: 2.2.2+cu121
OS: Ubuntu 20.04
Python version: 3.6.9
GPU models and configuration: GPU 0: NVIDIA A100-SXM4-80GB
Nvidia driver version: 450.51.06
[pip3] torchvision==0.17.2
"""


def same(name: str, text: str) -> None:
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    answer = torch_doctor.recommend(
        "V100", torch="2.3.1+cu118", python="3.12", with_="torchvision", platform="linux-x86_64"
    )
    return lock_of(answer, load_matrix())


@pytest.fixture(scope="module")
def compared(lock: dict[str, Any]) -> Comparison:
    facts = torch_doctor.triage(REPORT).facts
    return torch_doctor.compare(lock, facts=facts, file="torch.lock.json")


def test_lock(lock: dict[str, Any]) -> None:
    plan = {**lock["plan"], "notes": []}  # they name the newest torch
    shown = {**lock, "matrix": NONE, "digest": "", "plan": plan}
    same("lock.json", json.dumps(shown, indent=2) + "\n")


def test_drift(compared: Comparison) -> None:
    about = About(AboutKind.REPORTED_MACHINE, "report")
    values = comparison_values(compared, about, load_matrix(), "torch.lock.json")
    values["matrix"] = values["lock"]["matrix"] = NONE
    same("drift.json", json.dumps(values, indent=2) + "\n")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_drift_on_a_screen(compared: Comparison, width: int) -> None:
    still = compared._replace(lock=compared.lock._replace(matrix_version="2026-11-28"))
    text = to_text(lines(still, "torch.lock.json", "compared with report"), width=width)

    assert max(len(row) for row in text.splitlines() if not row.startswith("    ")) <= width
    same(f"drift.{width}.txt", text)


def test_nothing_is_left_over() -> None:
    expected = {"lock.json", "drift.json", "drift.40.txt", "drift.80.txt", "drift.120.txt"}

    assert {path.name for path in FOLDER.iterdir()} == expected
