"""What is required and not there has one primary cause, with the cure of the reason, over all rules."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Reason, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix

from tests.resting import resting, rests_on
from tests.rules.cases import fact_of, host_facts

MATRIX = load_matrix()
NVL = [{"index": n, "name": "NVIDIA H100 NVL", "compute_capability": "9.0"} for n in range(8)]
BUS = [{"address": f"0000:0{n}:00.0", "device_id": "2321", "driver": "nvidia"} for n in range(8)]
NO_DRIVER = ("nvml_status", "libcuda", "gpus", "driver_release", "driver_cuda", "cuda_init")
NOTHING = (*NO_DRIVER, "kernel_module", "driver_library_release")
SLICE = {"mig_mode": True, "mig_devices": [{"profile": "1g.12gb"}] * 7}
EIGHT = {"gpus": NVL, "pci_gpus": BUS}


def judged(host: str, absent: tuple[str, ...], **values: Any) -> Any:
    gone = dict.fromkeys(absent, Unavailable(Reason.NOT_PRESENT))
    facts: Facts = host_facts(host).with_(**gone)
    return diagnose(
        facts.with_(**{name: fact_of(name, raw) for name, raw in values.items()}), MATRIX
    )


@pytest.mark.parametrize(
    ("host", "absent", "values", "cause", "cure"),
    [resting(values[3], *values) for values in (
        # containers: started without, switched off by a variable, given too few
        ("h100-580-cu130", NO_DRIVER, {"container": "docker", "device_nodes": []},
         "container-without-gpu-runtime", "--gpus all"),
        ("h100-580-cu130", NO_DRIVER, {"container": "podman", "device_nodes": []},
         "container-without-gpu-runtime", "podman run --device nvidia.com/gpu=all"),
        ("h100-580-cu130", NO_DRIVER, {"container": "kubernetes", "device_nodes": []},
         "container-without-gpu-runtime", "nvidia.com/gpu: 1"),
        ("h100-580-cu130", NO_DRIVER, {"container": "apptainer", "device_nodes": []},
         "container-without-gpu-runtime", "--nv"),
        ("h100-580-cu130", NO_DRIVER,
         {"container": "docker", "device_nodes": [], "nvidia_visible_devices": "void"},
         "container-without-gpu-runtime", "NVIDIA_VISIBLE_DEVICES=all"),
        ("laptop-without-gpu", (), {"container": "docker"},
         "container-without-gpu-runtime", "--gpus all"),
        ("laptop-without-gpu", (), {"container": "docker", "torch_variant": "cuda", "torch_version": "2.13.0+cu130"},
         "container-without-gpu-runtime", "--gpus all"),
        ("h100-580-cu130", (), {**EIGHT, "gpus": NVL[:2], "container": "docker", "required_gpus": 8},
         "container-without-gpu-runtime", "--gpus all"),
        # schedulers
        ("h100-580-cu130", (), {**EIGHT, "gpus": [], "scheduler": "slurm"},
         "container-without-gpu-runtime", "--gres=gpu:1"),
        ("h100-580-cu130", (), {**EIGHT, "gpus": NVL[:2], "scheduler": "slurm", "required_gpus": 4},
         "container-without-gpu-runtime", "--gres=gpu:4"),
        ("h100-580-cu130", (), {**EIGHT, "scheduler": "slurm", "cuda_visible_devices": "NoDevFiles"},
         "cuda-visible-devices", "--gres=gpu:1"),
        # masks
        ("h100-580-cu130", (), {**EIGHT, "cuda_visible_devices": ""},
         "cuda-visible-devices", "unset CUDA_VISIBLE_DEVICES"),
        ("h100-580-cu130", (), {**EIGHT, "cuda_visible_devices": "-1", "required_gpus": 8},
         "cuda-visible-devices", "unset CUDA_VISIBLE_DEVICES"),
        ("h100-580-cu130", (), {**EIGHT, "cuda_visible_devices": "0,1,9", "required_gpus": 8},
         "cuda-visible-devices", "unset CUDA_VISIBLE_DEVICES"),
        ("h100-580-cu130", (), {**EIGHT, "cuda_visible_devices": "2,3", "required_gpus": 4, "torch_device_count": 2},
         "cuda-visible-devices", "CUDA_VISIBLE_DEVICES=0,1,2,3"),
        # MIG and hardware
        ("h100-580-cu130", (), {"gpus": [{**NVL[0], **SLICE}], "required_gpus": 7}, "mig", "one process per instance"),
        ("h100-580-cu130", (), {"gpus": [{**NVL[0], "mig_mode": True, "memory_mib": 95830}]}, "mig", "nvidia-smi mig -i 0 -cgi 0 -C"),
        ("h100-580-cu130", (), {**EIGHT, "gpus": [*NVL[:7], {**NVL[7], "lost": True}], "required_gpus": 8},
         "gpu-hardware", "reboot"),
        ("h100-580-cu130", (), {**EIGHT, "gpus": NVL[:7], "pci_gpus": BUS[:7], "required_gpus": 8},
         "gpu-hardware", "a machine that has 8 GPUs"),
        # no driver, no GPU, another maker's, a build without CUDA
        ("h100-580-cu130", NOTHING, {"device_nodes": [], "pci_gpus": [{**BUS[0], "driver": None}]}, "no-driver-or-module", "driver"),
        ("laptop-without-gpu", (), {}, "gpu-hardware", "a machine that has 1 GPU"),
        ("laptop-without-gpu", (), {"other_gpus": ["AMD Radeon RX 7900 XTX"]}, "non-nvidia-platform", "a machine"),
        ("h100-580-cu130", (), {"torch_version": "2.9.1+cpu", "torch_variant": "cpu", "torch_device_count": 0},
         "cpu-only-torch-build", "torch==2.9.1+cu130"),
    )],
)  # fmt: skip
def test_one_primary_with_the_cure_of_the_reason(
    host: str, absent: tuple[str, ...], values: dict[str, Any], cause: str, cure: str
) -> None:
    report = judged(host, absent, **{"required_gpus": 1, **values})

    errors = [one for one in report.findings if one.severity is Severity.ERROR]
    assert report.exit_code == 1
    assert [(one.code, one.message) for one in errors if one.explained_by is None] == [
        (report.primary.code, report.primary.message)
    ]
    assert report.primary.cause == cause
    words = [words for fix in report.primary.fixes for words in (fix.text, *fix.commands)]
    assert cure in "\n".join(words)


@rests_on("TD601")
@pytest.mark.parametrize("asked", [{}, {"required_gpus": 1}])
def test_a_model_that_is_required_is_a_gpu_that_is_required(asked: dict[str, int]) -> None:
    from torch_doctor.api import Expectations, expected_facts

    facts = host_facts("laptop-without-gpu").with_(container=fact_of("container", "docker"))
    expected = expected_facts(Expectations(asked.get("required_gpus"), ("H100",)))
    report = diagnose(facts.with_(**expected), MATRIX)

    assert report.primary.cause == "container-without-gpu-runtime"


@rests_on("TD601")
def test_a_cuda_build_in_a_container_without_gpus_is_a_note_with_the_cure() -> None:
    build = {"torch_version": "2.13.0+cu130", "torch_variant": "cuda", "torch_cuda": "13.0"}

    report = judged("laptop-without-gpu", (), container="docker", **build)

    assert (report.verdict.value, report.exit_code) == ("cpu-only", 0)
    assert report.primary.cause == "container-without-gpu-runtime"
    assert report.primary.severity is Severity.NOTE
    assert "docker run --gpus all" in report.primary.fixes[0].text
