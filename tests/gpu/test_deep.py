"""On a machine with a GPU: a healthy one passes every stage of the deep check, and the rules stay quiet."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import Report
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="no nvidia-smi here"),
]

BACKENDS = {f"attention-{name}" for name in ("flash", "efficient", "cudnn", "math")}


@pytest.fixture(scope="module")
def facts() -> Facts:
    return collect(LiveHost(), Inquiry(timeout_s=120, deep=True)).facts


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


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The scratch directory is gone and no cache of a compiler was written anywhere else."""
    home = tmp_path / "home"
    scratch = tmp_path / "tmp"
    home.mkdir()
    scratch.mkdir()
    environ = {**os.environ, "HOME": str(home), "TMPDIR": str(scratch)}
    command = [sys.executable, "-B", "-m", "torch_doctor", "--deep", "--json"]

    run = subprocess.run(command, env=environ, capture_output=True, check=False)

    assert run.returncode == 0, run.stderr
    assert list(scratch.iterdir()) == []
    assert [path for path in home.rglob("*") if path.is_file() and ".nv" not in path.parts] == []
