"""The lines above the findings: what is here, by layer, and which interpreter was judged."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.report import Report, Verdict
from torch_doctor.render.layers import summaries

from tests.rules.cases import fact_of

BUILD = {"torch_version": "2.9.1+cu128", "torch_variant": "cuda", "torch_cuda": "12.8"}
PICKS = [
    {"path": "/v/nvidia/cudnn/lib/libcudnn.so.9", "kind": "wheel", "version": "9.10.2.21"},
    {"path": "/v/nvidia/cudnn/lib/libcudnn_ops.so.9", "kind": "wheel", "version": "9.99"},
    {"path": "/v/nvidia/nccl/lib/libnccl.so.2", "kind": "wheel", "version": "2.27.5"},
]
WHEELS = [
    {"name": "nvidia-cudnn-cu12", "version": "9.10.1.4"},
    {"name": "nvidia-cudnn-cu13", "version": "9.13.0.50"},
    {"name": "nvidia-nccl-cu12", "version": "2.27.3"},
]


def lines(**values: Any) -> dict[str, str]:
    facts = Facts({name: fact_of(name, raw) for name, raw in values.items()})
    report = Report(Verdict.UNDECIDED, (), (), facts, Judgement(Status.UNKNOWN))
    return {layer.title: layer.text for layer in summaries(report)}


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        # what was loaded, else what the loader would take, else the wheels for this CUDA
        (
            {"cudnn_version": "9.11.0", "nccl_version": "2.28.9", "library_picks": PICKS},
            ", cuDNN 9.11.0, NCCL 2.28.9",
        ),
        ({"library_picks": PICKS, "packages": WHEELS}, ", cuDNN 9.10.2, NCCL 2.27.5"),
        ({"packages": WHEELS}, ", cuDNN 9.10.1, NCCL 2.27.3"),
        ({"torch_cuda": "13.0", "packages": WHEELS}, ", cuDNN 9.13.0"),
        ({"torch_cuda": "13.0", "packages": [{"name": "nvidia-nccl", "version": "2.3"}]}, ", NCCL 2.3"),
        ({"library_picks": PICKS[1:2], "packages": WHEELS[:1]}, ", cuDNN 9.10.1"),
        ({}, ""),
    ],
)  # fmt: skip
def test_cudnn_and_nccl_stand_beside_torch_and_its_cuda(more: dict[str, Any], shown: str) -> None:
    values = {**BUILD, **more}

    text = lines(**values)["PyTorch"]

    assert text == f"torch 2.9.1+cu128 built for CUDA {values['torch_cuda']}{shown}"


def test_a_build_without_cuda_uses_no_wheel_that_lies_around() -> None:
    text = lines(torch_version="2.9.1+cpu", torch_variant="cpu", packages=WHEELS)["PyTorch"]

    assert text == "torch 2.9.1+cpu built for the CPU"


def test_the_interpreter_that_was_judged_is_named() -> None:
    text = lines(
        python_version="3.12.3",
        python_executable="~/v/bin/python",
        python_environment="venv",
        python_found_via="active by VIRTUAL_ENV",
    )["Python"]

    assert text == "3.12.3, ~/v/bin/python (venv, active by VIRTUAL_ENV)"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"python_version": "3.10"}, "3.10"),
        ({"python_version": "3.10", "python_environment": "conda"}, "3.10 (conda)"),
        ({"python_environment": "conda"}, None),
        ({}, None),
    ],
)
def test_a_report_that_says_less_shows_less(values: dict[str, str], text: str | None) -> None:
    assert lines(**values).get("Python") == text
