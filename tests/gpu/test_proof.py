"""On a machine with a GPU: what the driver answers without torch, against NVML and against what torch says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.core.records import ProofStep
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="no nvidia-smi here"),
]


def ask(torch: bool = False, **environ: str) -> Facts:
    host = LiveHost(environ={**os.environ, **environ})
    return collect(host, Inquiry(python=sys.executable, torch=torch)).facts


def steps(facts: Facts, *names: str) -> list[ProofStep]:
    return [step for step in facts.value("driver_proof") if step.step in names]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return ask(torch=True)


def test_a_kernel_runs_on_every_gpu_of_nvml(facts: Facts) -> None:
    ran = facts.value("driver_kernels")

    assert [result.ok for result in ran] == [True] * len(facts.value("gpus"))
    assert {result.uuid for result in ran} == {gpu.uuid for gpu in facts.value("gpus")}
    by_uuid = {gpu.uuid: gpu for gpu in facts.value("gpus")}
    for result in ran:
        gpu = by_uuid[result.uuid]
        assert (result.name, result.compute_capability) == (gpu.name, gpu.compute_capability)


def test_the_driver_takes_torchs_own_code(facts: Facts) -> None:
    assert not [step for step in facts.value("driver_proof") if not step.ok]
    asked = [step for step in steps(facts, "code") if step.of == "torch"]
    assert len(asked) == len(facts.value("gpus"))
    for step in asked:
        assert step.tried
        assert step.taken == step.tried


def test_the_libraries_are_those_that_torch_loads(facts: Facts) -> None:
    versions = {step.of: step.version for step in steps(facts, "library")}

    assert versions["cudnn"] == facts.value("cudnn_version")
    assert versions["nccl"] == facts.value("nccl_version")
    assert versions["cublas"]


def test_proof_and_torch_number_the_devices_alike(facts: Facts) -> None:
    ours = [(one.index, one.name) for one in facts.value("driver_kernels")]
    assert ours == [(one.index, one.name) for one in facts.value("kernel_results")]


@pytest.mark.parametrize(
    ("environ", "step", "code"),
    [
        ({"CUDA_VISIBLE_DEVICES": "-1"}, "init", 100),
        ({"CUDA_VISIBLE_DEVICES": ""}, "init", 100),
        ({"CUDA_DISABLE_PTX_JIT": "1"}, "ptx", 223),
    ],
)
def test_a_refusal_is_told_by_its_number(environ: Mapping[str, str], step: str, code: int) -> None:
    refused = [one for one in ask(**environ).value("driver_proof") if not one.ok]

    assert {(one.step, one.code) for one in refused} == {(step, code)}


def test_no_memory_stays_behind() -> None:
    before = _used()
    ask()
    assert abs(_used() - before) <= 16


def _used() -> int:
    """Return the memory in use on the first GPU, in MiB."""
    asked = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    output = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return int(output.splitlines()[0])
