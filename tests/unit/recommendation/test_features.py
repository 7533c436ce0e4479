"""Features in the answer: what they ask of torch, Python, the system, triton's assembler and the driver."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.matrix.builds.features import assembler, lacks, refused_python, triton_of

from tests.unit.recommendation.asking import MATRIX, ask, best, steps, why_not

FEATURES: list[tuple[str, dict[str, Any], str]] = [
    ("A100", {"feature": "compile"}, "2.15.0+cu132"),
    ("A100", {"feature": "compile", "driver": "535"}, "2.14.1+cu126"),
    ("A100", {"feature": "compile", "driver": "470"}, ""),
    ("A100", {"feature": "triton", "driver": "470"}, ""),
    ("A100", {"feature": "compile", "python": "3.15"}, "2.15.0+cu132"),
    ("A100", {"feature": "compile", "python": "3.14", "torch": "2.9"}, ""),
    ("A100", {"feature": "compile", "python": "3.14", "torch": "<2.15"}, "2.14.1+cu130"),
    ("B300", {"feature": "compile", "driver": "580", "torch": "2.9.1"}, ""),
    ("RTX 5090", {"feature": "compile", "driver": "570"}, "2.11.0+cu128"),
    ("RTX 4090", {"feature": "compile", "platform": "windows"}, "2.14.1+cu132"),
    ("RTX 4090", {"feature": "nccl", "platform": "windows"}, ""),
    ("RTX 4090", {"feature": "nccl"}, "2.15.0+cu132"),
    ("H100", {"feature": "fp8", "torch": "2.0.1"}, ""),
    ("H100", {"feature": "fp8", "torch": "2.1.2"}, "2.1.2+cu121"),
    ("V100", {"feature": "cuda-graphs"}, "2.14.1+cu126"),
    ("RTX 2060", {"feature": "tensor-cores-fp16", "driver": "535"}, "2.14.1+cu126"),
    ("GTX 1660", {"feature": "tensor-cores-fp16", "driver": "535"}, ""),
    ("GTX 1650", {"feature": "tensor-cores-int8", "driver": "535"}, ""),
    ("H100", {"feature": ("compile", "fp8", "bf16", "flash-attn-3")}, "2.15.0+cu132"),
    ("B200", {"feature": "flash-attn-3"}, ""),
]


@pytest.mark.parametrize(("gpu", "asked", "build"), FEATURES, ids=str)
def test_the_newest_torch_with_the_features(gpu: str, asked: dict[str, Any], build: str) -> None:
    answer = ask(gpu, **asked)

    assert best(answer) == build, why_not(answer, build)
    assert all(reason.because for item in answer.rejected for reason in item.reasons)


@pytest.mark.parametrize(
    ("torch", "refused"),
    [
        ("2.0.1", "3.11"),
        ("2.1.0", "3.12"),
        ("2.3.1", "3.12"),
        ("2.4.0", "3.13"),
        ("2.5.1", "3.13"),
        ("2.6.0", "3.14"),
        ("2.9.1", "3.14"),
        ("2.10.0", "3.15"),
        ("2.14.1", "3.15"),
        ("2.15.0", "3.16"),
    ],
)
def test_the_first_python_that_dynamo_refuses(torch: str, refused: str) -> None:
    row = refused_python(torch, MATRIX)

    assert row is not None
    assert row.refuses == refused
    assert refused_python("1.13.1", MATRIX) is None


@pytest.mark.parametrize(
    ("gpu", "torch", "version"),
    [
        ("A100", "2.7.1", "12.4.99"),
        ("B200", "2.7.1", "12.8.61"),
        ("B300", "2.9.1", "12.8.93"),
        ("B300", "2.11.0", "12.9.86"),
        ("A100", "2.13.0", "12.8.93"),
        ("B200", "2.13.0", "13.1.80"),
        ("B200", "2.14.1", "13.3.33"),
        ("H100", "2.15.0", "12.9.86"),
        ("RTX 5090", "2.15.0", "13.4.59"),
    ],
)
def test_the_assembler_that_triton_uses(gpu: str, torch: str, version: str) -> None:
    (seen,) = ask(gpu).machines[0].gpus or ()
    tool = assembler(triton_of(torch, MATRIX) or "", seen, MATRIX)

    assert tool is not None
    assert tool.version == version


def test_the_reasons_name_the_assembler_the_driver_and_the_python() -> None:
    old = why_not(ask("A100", feature="compile", driver="470"), "2.7.1+cu118")
    assert "driver 470.256.02 cannot load what the ptxas 12.4.99 that triton 3.3 uses" in old
    assert "that needs 525.60.13" in old
    unknown = why_not(ask("B300", feature="compile", driver="580"), "2.9.1+cu130")
    assert "CUDA 12.9 is the first that knows sm_103" in unknown
    python = why_not(ask("A100", feature="compile", python="3.14"), "2.9.1+cu128")
    assert "torch.compile of torch 2.9.1 refuses Python 3.14 and newer" in python
    windows = why_not(ask("RTX 4090", feature="compile", platform="windows"), "2.15.0+cu132")
    assert "needs triton-windows 3.9 beside torch 2.15.0, which is not on record" in windows


def test_code_of_cuda_13_is_a_doubt_on_an_older_driver_and_no_refusal() -> None:
    machine = ask("B200", driver="570").machines[0]
    found = list(lacks("compile", "2.13.0", machine, MATRIX))

    assert [lack.decided for lack in found] == [False]
    assert "may not load" in found[0].message


def test_what_is_compiled_later_may_need_a_newer_driver_than_torch() -> None:
    plain = ask("A100", torch="2.7.1+cu118").plans[0]
    compiled = ask("A100", torch="2.7.1+cu118", feature="compile").plans[0]

    assert plain.min_driver == "450.80.02"
    assert compiled.min_driver == "525.60.13"


def test_giving_up_the_feature_is_offered() -> None:
    assert steps(ask("A100", feature="compile", driver="470"))["feature"] == "torch 2.7.1+cu118"


def test_a_package_that_a_feature_brings_and_that_is_asked_for_is_there_once() -> None:
    asked = {"platform": "windows", "feature": "compile"}
    for with_ in ("triton-windows", ("triton-windows", "torchvision")):
        pip = ask("RTX 4070", driver="552.22", with_=with_, **asked).plans[0].commands["pip"]

        assert pip.count("triton-windows") == 1
