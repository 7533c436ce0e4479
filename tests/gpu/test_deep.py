"""On a machine with a GPU: a healthy one passes every stage of the deep check, and the rules stay quiet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import Report
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="no nvidia-smi here"),
]

BACKENDS = {f"attention-{name}" for name in ("flash", "efficient", "cudnn", "math")}


class Run(NamedTuple):
    """One deep check as a command, with a home and a folder for temporary files of its own."""

    done: subprocess.CompletedProcess[str]
    home: Path
    scratch: Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home, scratch = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("scratch")
    environ = {**os.environ, "HOME": str(home), "TMPDIR": str(scratch)}
    command = [sys.executable, "-B", "-m", "torch_doctor", "--deep", "--json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    return Run(done, home, scratch)


@pytest.fixture(scope="module")
def facts(run: Run) -> Facts:
    return facts_from_json(json.loads(run.done.stdout)["facts"])


@pytest.fixture(scope="module")
def report(facts: Facts) -> Report:
    return diagnose(facts, load_matrix())


def test_every_stage_is_right_or_has_a_reason(facts: Facts) -> None:
    results = facts.value("deep_results")
    gpus = facts.value("torch_device_count")

    bad = [result for result in results if result.status not in ("ok", "skipped")]
    assert bad == []
    assert all(result.error for result in results if result.status == "skipped")
    for gpu in range(gpus):
        own = {result.stage: result for result in results if result.gpu == gpu}
        assert own["matmul-fp32"].value and own["matmul-fp16"].value and own["copy"].value
        assert own["graph"].status == own["autocast"].status == own["conv"].status == "ok"
        assert any(own[backend].status == "ok" for backend in BACKENDS)
    together = {result.stage: result.status for result in results if result.gpu is None}
    wanted = "ok" if gpus > 1 else "skipped"
    assert together["nccl"] == together["nccl-processes"] == together["peer"] == wanted
    assert together["workers"] == "ok"


def test_a_healthy_gpu_gets_no_finding(report: Report) -> None:
    found = [finding for finding in report.findings if finding.name.startswith("deep-")]
    assert [finding.message for finding in found] == []


def test_tensor_cores_are_faster_than_the_rest(facts: Facts) -> None:
    for gpu in range(facts.value("torch_device_count")):
        rate = {r.stage: r.value for r in facts.value("deep_results") if r.gpu == gpu and r.value}
        if "matmul-bf16" in rate:
            assert rate["matmul-bf16"] > 1.5 * rate["matmul-fp32"]


def test_nothing_is_left_behind(run: Run) -> None:
    """The scratch directory is gone and no cache of a compiler was written anywhere else."""
    assert run.done.returncode == 0, run.done.stderr
    assert list(run.scratch.iterdir()) == []
    files = [path for path in run.home.rglob("*") if path.is_file()]
    assert [path for path in files if ".nv" not in path.parts] == []
