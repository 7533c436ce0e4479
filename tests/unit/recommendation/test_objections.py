"""What means nothing as it was typed is met with what it is, and with what to type instead."""

from __future__ import annotations

import pytest
from torch_doctor.recommendation.question.asked import Asked, QuestionError
from torch_doctor.recommendation.question.constraints import understand

from tests.unit.recommendation.asking import MATRIX


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        # A CUDA where a driver is meant: the branch that reports it is named.
        ({"driver": "12.4"}, ("no driver 12.4", "CUDA 12.4", "--driver 550")),
        ({"driver": "13.0"}, ("no driver 13.0", "--driver 580")),
        ({"driver": "14.0"}, ("no driver 14.0", "in front of a CUDA")),
        # A banner, with the release in it.
        ({"driver": "Driver Version: 550.54.15, CUDA 12.4"}, ("expected --driver 550.54.15",)),
        ({"driver": "550.54.15 or 535.54.03"}, ("something like 580.65.06",)),
        # A system without CUDA, another C library, and words for the platforms that there are.
        ({"platform": "macOS"}, ("no build of torch for CUDA is for macOS", "MPS", "https://")),
        ({"platform": "alpine"}, ("linked to glibc", "Debian or Ubuntu")),
        ({"glibc": "musl 1.2.4"}, ("--glibc", "linked to glibc")),
        ({"glibc": "new"}, ("not a glibc version: 'new'", "2.28")),
        ({"platform": "Linux"}, ("did you mean linux-x86_64?",)),
        ({"platform": "arm64"}, ("did you mean linux-aarch64?",)),
        ({"platform": "widnows"}, ("did you mean windows?",)),
        ({"platform": "beos"}, ("'beos' is none of linux-x86_64",)),
        ({"python": "2.7"}, ("Python 2", "such as 3.12")),
        ({"python": "cp27"}, ("Python 2",)),
        ({"python": "12"}, ("not a Python version: '12'",)),
        # A package by its address, its file or with extras.
        (
            {"with_": ("git+https://github.com/state-spaces/mamba-ssm.git@v2",)},
            ("an address or a file", "something like mamba-ssm"),
        ),
        (
            {"with_": ("dist/xformers-0.0.30-cp311-cp311-linux_x86_64.whl",)},
            ("an address or a file", "something like xformers"),
        ),
        ({"with_": ("xformers-0.0.30-cp311-cp311-linux_x86_64.whl",)}, ("like xformers",)),
        ({"with_": ("./mine",)}, ("an address or a file", "something like vllm==0.30.0")),
        ({"with_": ("vllm[flashinfer]==0.10.0",)}, ("give vllm==0.10.0 without them",)),
        # A package that no row holds: what is known is not the end of the world.
        ({"with_": ("datasets",)}, ("'datasets'", "leave it out", "known are auto-gptq")),
        ({"with_": ("pandas",)}, ("'pandas'; leave it out",)),
        ({"with_": ("xformer",)}, ("did you mean xformers?",)),
        ({"with_": ("numpy<2",)}, ("torch <2.3.0 was built to work with numpy <2",)),
        ({"gpu": ("sm_90a",)}, ("the compute capability 9.0", "--compute-capability")),
        ({"gpu": ("8.9",)}, ("the compute capability 8.9",)),
        ({"gpu": ("NVIDIA Hopper",)}, ("an architecture, of compute capability 9.0",)),
        ({"gpu": ("jetson",)}, ("Jetson AGX Orin", "Jetson AGX Xavier", "Jetson Nano")),
        ({"gpu": ("V100, Quux 9",)}, ("no GPU is called 'Quux 9'",)),
    ],
    ids=str,
)
def test_what_means_nothing_is_said_with_the_cure(
    asked: dict[str, str | tuple[str, ...]], words: tuple[str, ...]
) -> None:
    with pytest.raises(QuestionError) as caught:
        understand(Asked(**{"gpu": ("A100",), **asked}), MATRIX)  # type: ignore[arg-type]

    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        (("A100,V100",), ("A100", "V100")),
        (("H100, 2x L4",), ("H100", "L4")),
        (("8x A100",), ("A100",)),
        (("4xH100",), ("H100",)),
        (("2 x 4090",), ("4090",)),
        (("p4d.24xlarge",), ("NVIDIA A100-SXM4-40GB",)),
        (("T4", "A10,L40S"), ("Tesla T4", "A10", "L40S")),
    ],
)
def test_names_in_one_word_are_taken_apart(typed: tuple[str, ...], names: tuple[str, ...]) -> None:
    gpus = understand(Asked(gpu=typed), MATRIX).gpus

    assert len(gpus) == len(names)
    for gpu, name in zip(gpus, names, strict=True):
        assert name.removeprefix("NVIDIA ") in str(gpu.name)


def test_a_cuda_that_torch_was_never_built_for_is_said_to_be_none() -> None:
    (note,) = understand(Asked(gpu=("L4",), cuda="12.2"), MATRIX).notes
    assert "12.1, 12.4" in note
    assert note.endswith("the driver is of R535: give --driver 535 in place of --cuda")

    assert not understand(Asked(gpu=("L4",), cuda=">=12.2,<12.5"), MATRIX).notes


def test_names_in_one_word_are_several_and_a_range_is_one() -> None:
    asked = Asked(
        gpu=("A100",),
        with_=("vllm>=0.10,<0.12,flash-attn", "torchvision"),
        feature=("compile, bf16",),
    )

    found = understand(asked, MATRIX)

    assert [one.package for one in found.companions] == ["vllm", "flash-attn", "torchvision"]
    assert found.companions[0].spec
    assert found.companions[0].spec.text == ">=0.10,<0.12"
    assert [row.feature for row in found.features] == ["compile", "bf16"]
