"""A row in gpus.yaml is all that a new GPU needs: every reader knows it then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch_doctor.cli.main import run
from torch_doctor.consult import consult
from torch_doctor.diagnose import diagnose
from torch_doctor.engine.verdict import Verdict
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text
from torch_doctor.recommendation.question.asked import Asked

from tests.unit.matrix.folders import new_gpus

PROSE = "torch 2.8.0+cu128 says no kernel image on my RTX 7095, driver 580.95.05, Ubuntu 24.04"
BOARD = "a node with 4x Q700"
SMI = """\
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
|   0  NVIDIA GeForce RTX 7095        Off |   00000000:01:00.0 Off |                  N/A |
| 30%   40C    P8             20W /  450W |      10MiB /  49140MiB |      0%      Default |
"""
COLLECT_ENV = """\
PyTorch version: 2.8.0+cu128
Is CUDA available: True
GPU models and configuration: GPU 0: NVIDIA GeForce RTX 7095
Nvidia driver version: 580.95.05
"""
SUMMARY = "GPU 0: NVIDIA Q700\nGPU type: Q700"
QUERY = "name, memory.total [MiB], driver_version\nNVIDIA Q700, 294912 MiB, 580.95.05"
ROWS = "Q700, 294912 MiB, 580.95.05"
SESSION = ">>> torch.cuda.get_device_name(0)\n'Q700'"


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_gpus(tmp_path_factory.mktemp("overlay"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (PROSE, ["RTX 7095"]),
        (BOARD, ["Q700"] * 4),
        (SMI, ["NVIDIA GeForce RTX 7095"]),
        (COLLECT_ENV, ["NVIDIA GeForce RTX 7095"]),
        (SUMMARY, ["NVIDIA Q700"]),
        (QUERY, ["NVIDIA Q700"]),
        (ROWS, ["Q700"]),
        (SESSION, ["Q700"]),
    ],
)
def test_every_reader_takes_its_name(text: str, names: list[str], overlay: Path) -> None:
    gpus = read_text(text, matrix=load_matrix(overlay)).value("gpus")

    assert [gpu.name for gpu in gpus] == names


def test_what_no_row_names_is_no_gpu_in_words() -> None:
    assert read_text(PROSE).value("gpus") is None
    assert read_text(BOARD).value("gpus") is None


def test_it_is_judged_and_recommended_for(overlay: Path) -> None:
    matrix = load_matrix(overlay)
    report = diagnose(read_text(COLLECT_ENV, matrix=matrix), matrix)
    answer = consult(Asked(gpu=("RTX 7095",), driver="580.95.05"), overlay=overlay)

    assert report.verdict is Verdict.HEALTHY
    assert answer.plans


def test_the_command_takes_the_overlay(
    overlay: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.txt"
    report.write_text(PROSE, encoding="utf-8")

    for command in (["triage", str(report)], ["check", "--from", str(report)]):
        run([*command, "--matrix", str(overlay), "--json"])
        gpus = json.loads(capsys.readouterr().out)["facts"]["gpus"]["value"]
        assert [gpu["name"] for gpu in gpus] == ["RTX 7095"]
