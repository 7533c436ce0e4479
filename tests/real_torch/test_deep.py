"""The stages of the deep check over a real torch, on the CPU: what they can do there is right, the rest is skipped."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.records import DeepResult
from torch_doctor.probes.live.deep_answers import read_results
from torch_doctor.probes.payloads import path_of

pytestmark = pytest.mark.real_torch

PAYLOAD = Path(path_of("deep"))
ON_CPU = {
    "matmul-fp32", "matmul-bf16", "matmul-10000", "copy", "conv", "attention-math", "autocast", "workers",
}  # fmt: skip
ON_GPU = {
    "matmul-tf32", "matmul-fp16", "matmul-fp8", "host-to-device", "device-to-host", "graph", "peer", "nccl",
    "nccl-processes",
}  # fmt: skip


@pytest.fixture(scope="module")
def python() -> str:
    path = os.environ.get("TORCH_DOCTOR_TEST_PYTHON")
    if path and Path(path).exists():
        return path
    reason = "TORCH_DOCTOR_TEST_PYTHON names no interpreter with a torch"
    if os.environ.get("TORCH_DOCTOR_REQUIRE_REAL_TORCH") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def run(python: str, scratch: Path, argv: list[str], **asked: Any) -> dict[str, DeepResult]:
    request = json.dumps({"paths": [], "scratch": str(scratch), "places": [None], **asked})
    child = subprocess.run(
        [python, "-I", "-B", *argv, request],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    story = read_results(
        json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")
    )
    assert story.ended
    return {result.stage: result for result in story.results}


def test_the_cpu_computes_rightly(python: str, tmp_path: Path) -> None:
    results = run(python, tmp_path, [str(PAYLOAD)])

    assert {stage: results[stage].status for stage in ON_CPU} == dict.fromkeys(ON_CPU, "ok")
    assert {stage: results[stage].status for stage in ON_GPU} == dict.fromkeys(ON_GPU, "skipped")
    others = {result.status for stage, result in results.items() if stage not in ON_CPU | ON_GPU}
    assert others <= {"ok", "skipped"}
    assert all(
        result.value
        for stage, result in results.items()
        if stage.startswith("matmul") and result.status == "ok"
    )
    assert results["nccl"].error == "needs two GPUs, and torch sees 0"


def test_it_goes_on_after_a_stage(python: str, tmp_path: Path) -> None:
    results = run(python, tmp_path, [str(PAYLOAD)], after=["nccl", None])

    assert list(results) == ["nccl-processes", "nccl-default", "workers"]


# One wrong entry in a product, one wrong byte in a copy, and a network that learns nothing.
FAULTS = """
import runpy, sys, torch
mm, copy = torch.mm, torch.Tensor.copy_
def wrong_mm(a, b, out=None):
    found = mm(a, b, out=out)
    found[7, 9] += 40
    return found
def wrong_copy(self, other, **options):
    copy(self, other, **options)
    if self.dtype == torch.int64 and self.numel() > 1000:
        self[500] ^= 1 << 9
    return self
torch.mm, torch.Tensor.copy_ = wrong_mm, wrong_copy
torch.optim.SGD.step = lambda *_: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_wrong_results_are_seen(python: str, tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(FAULTS, encoding="utf-8")

    results = run(python, tmp_path, [str(driver), str(PAYLOAD)])

    wrong = {stage for stage, result in results.items() if result.status == "wrong"}
    assert wrong == {"matmul-fp32", "matmul-bf16", "copy", "autocast"}
    assert "of a typical value" in (results["matmul-fp32"].error or "")


def test_no_memory_is_a_finding(python: str, tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    text = FAULTS.partition("mm, copy")[0] + (
        "def full(*_, **__): raise RuntimeError('CUDA out of memory. Tried to allocate 2 MiB')\n"
        "torch.randn = full\n"
    ) + "sys.argv" + FAULTS.partition("\nsys.argv")[2]  # fmt: skip
    driver.write_text(text, encoding="utf-8")

    results = run(python, tmp_path, [str(driver), str(PAYLOAD)])

    assert results["matmul-fp32"].status == results["conv"].status == "memory"
    assert results["copy"].status == results["workers"].status == "ok"
