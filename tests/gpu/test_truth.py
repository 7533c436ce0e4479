"""On a machine with a GPU: our facts against nvidia-smi's XML and against what torch itself says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="no nvidia-smi here"),
]

_TORCH = """
import json, torch
print(json.dumps({
    "version": torch.__version__, "cuda": torch.version.cuda, "git": torch.version.git_version,
    "arch_list": torch.cuda.get_arch_list(), "count": torch.cuda.device_count(),
    "nccl": ".".join(map(str, torch.cuda.nccl.version())),
    "cudnn": torch.backends.cudnn.version(),
    "devices": [[torch.cuda.get_device_name(i), list(torch.cuda.get_device_capability(i))]
                for i in range(torch.cuda.device_count())],
}))
"""


@pytest.fixture(scope="module")
def facts() -> Facts:
    return collect(LiveHost(), Inquiry(timeout_s=120)).facts


@pytest.fixture(scope="module")
def smi() -> ET.Element:
    run = subprocess.run(["nvidia-smi", "-q", "-x"], capture_output=True, check=True)
    return ET.fromstring(run.stdout)


@pytest.fixture(scope="module")
def torch_says() -> dict[str, Any]:
    run = subprocess.run([sys.executable, "-c", _TORCH], capture_output=True, check=True)
    output: dict[str, Any] = json.loads(run.stdout)
    return output


def test_the_driver_is_the_one_of_nvidia_smi(facts: Facts, smi: ET.Element) -> None:
    assert str(facts.value("driver_release")) == smi.findtext("driver_version")
    assert str(facts.value("driver_cuda")) == smi.findtext("cuda_version")


def test_every_gpu_is_as_nvidia_smi_lists_it(facts: Facts, smi: ET.Element) -> None:
    ours = facts.value("gpus")
    theirs = smi.findall("gpu")

    assert len(ours) == len(theirs)
    for gpu, element in zip(ours, theirs, strict=True):
        assert gpu.name == element.findtext("product_name")
        assert gpu.uuid == element.findtext("uuid")
        assert (gpu.bus_id or "").lower().endswith((element.get("id") or "").lower()[-12:])
        assert f"{gpu.memory_mib} MiB" == element.findtext("fb_memory_usage/total")
        assert gpu.compute_mode == (element.findtext("compute_mode") or "").lower().replace(
            " ", "-"
        )
        assert _switch(gpu.persistence) == element.findtext("persistence_mode")
        assert _switch(gpu.ecc_mode) == element.findtext("ecc_mode/current_ecc")
        assert _switch(gpu.mig_mode) == element.findtext("mig_mode/current_mig")
        assert gpu.faults == ()


def test_torch_is_what_torch_says(facts: Facts, torch_says: dict[str, Any]) -> None:
    assert str(facts.value("torch_version")) == torch_says["version"]
    assert str(facts.value("torch_cuda")) == torch_says["cuda"]
    assert facts.value("torch_git") == torch_says["git"]
    assert [str(target) for target in facts.value("arch_list")] == torch_says["arch_list"]
    assert facts.value("torch_device_count") == torch_says["count"]
    assert facts.value("nccl_version") == torch_says["nccl"]
    major, minor, patch = facts.value("cudnn_version").split(".")
    assert int(major) * 10000 + int(minor) * 100 + int(patch) == torch_says["cudnn"]
    for result, (name, capability) in zip(
        facts.value("kernel_results"), torch_says["devices"], strict=True
    ):
        assert result.name == name
        assert str(result.compute_capability) == ".".join(map(str, capability))


def test_this_machine_is_healthy(facts: Facts) -> None:
    report = diagnose(facts, load_matrix())

    assert report.verdict is Verdict.HEALTHY, [finding.message for finding in report.findings]
    assert report.judgement.observed
    assert report.judgement.contradicted == ()


def _switch(value: bool | None) -> str:
    return {True: "Enabled", False: "Disabled", None: "N/A"}[value]
