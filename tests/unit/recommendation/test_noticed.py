"""What is easily overlooked is said with a plan where it applies, and its rows are among those of the plan."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.recommendation.question.asked import Asked
from torch_doctor.recommendation.would_run import would_run

from tests.unit.recommendation.asking import MATRIX, ask

CASES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a Python that ended": (
        "A100",
        {"python": "3.9"},
        "Python 3.9 reached its end",
        "python_releases/3.9",
    ),
    "Pythons that all end": (
        "V100",
        {"torch": "1.12.1", "cuda": "10.2"},
        "even the newest ends: Python 3.10",
        "python_releases/3.10",
    ),
    "a K80 and cuDNN 9": ("K80", {}, "none for Tesla K80 (3.7)", "library_support/cudnn/9.1.0/11"),
    "the cuDNN that serves it": ("K80", {}, "torch 2.3.1+cu118 is the last", "torch_builds/2.3.1/"),
    "R535 and CUDA 12": (
        "A100",
        {"driver": "535"},
        "end with torch 2.14.1+cu126, 2.13.0+cu129 and 2.11.0+cu128",
        "cuda_majors/13",
    ),
    "R550 and CUDA 12": (
        "A100",
        {"driver": "550"},
        "newer torch needs driver 580.65.06",
        "torch_builds/2.11.0/",
    ),
    "a devel image and its gate": (
        "RTX 4090",
        {"driver": "550", "purpose": "dev"},
        "asks for a driver that reports CUDA 12.6: under 550.163.01 it does not start",
        "image_requirements/12.6.3",
    ),
    "the first driver of a B300": (
        "B300",
        {},
        "B300 SXM6 AC is listed from driver 580.82.07 on",
        "gpus/NVIDIA B300",
    ),
    "the first driver of an RTX 5050": (
        "RTX 5050",
        {"driver": "570"},
        "is listed from driver 575.64.03 on: whether 570.",
        "gpus/NVIDIA GeForce RTX 5050",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_with_its_row(name: str) -> None:
    gpu, asked, words, row = CASES[name]
    plan = ask(gpu, **asked).plans[0]

    assert any(words in note for note in plan.notes), plan.notes
    assert any(one.row.startswith(row) for one in plan.because)


@pytest.mark.parametrize(
    ("gpu", "asked", "words"),
    [
        ("A100", {"python": "3.13"}, "end of life"),
        ("A100", {"driver": "580"}, "end with torch"),
        ("A100", {}, "end with torch"),
        ("A100", {"driver": "550", "purpose": "prod"}, "NVIDIA_REQUIRE_CUDA"),
        ("A100", {"driver": "580", "purpose": "dev"}, "NVIDIA_REQUIRE_CUDA"),
        ("K80", {"torch": "2.3.1"}, "none for Tesla K80"),
        ("RTX 5050", {"driver": "580"}, "is listed from"),
    ],
)
def test_it_is_not_said_elsewhere(gpu: str, asked: dict[str, Any], words: str) -> None:
    assert not any(words in note for note in ask(gpu, **asked).plans[0].notes)


def test_a_step_of_the_ladder_says_which_drivers_do_not_list_the_gpu() -> None:
    steps = ask("RTX 5050").ladder

    assert [bool(step.unlisted) for step in steps] == [False, True]
    assert "575.64.03" in steps[1].unlisted[0]


def test_no_image_where_no_linux_container_runs() -> None:
    answer = ask("RTX 4090", platform="windows")

    assert answer.plans[0].image is None
    assert answer.plans[0].imaged is None
    assert not {"docker", "dockerfile", "compose", "kubernetes"} & set(answer.plans[0].commands)
    assert not any("image" in note for note in answer.plans[0].notes)


@pytest.mark.parametrize("gpu", ["GH200", "GB200", "GB10"])
def test_superchips_have_an_image_of_nvidia(gpu: str) -> None:
    imaged = ask(gpu).plans[0].imaged

    assert imaged
    assert imaged.image
    assert imaged.image.startswith("nvcr.io/nvidia/pytorch:")


def test_two_gpus_that_no_driver_drives_together() -> None:
    notes = ask("V100", "RTX 5090").plans[0].notes

    assert any("in one machine no driver drives both" in note for note in notes)


@pytest.mark.parametrize(
    ("asked", "words", "row"),
    [
        (Asked(gpu=("K80",), torch="2.7.1"), "cuDNN 9.1.0.70", "library_support/"),
        (
            Asked(gpu=("A100",), torch="2.10", driver="535"),
            "end with torch 2.14.1",
            "torch_builds/",
        ),
        (
            Asked(gpu=("A100",), torch="2.10", python="3.10"),
            "Python 3.10 reached",
            "python_releases/",
        ),
        (Asked(gpu=("B300",), torch="2.14.0"), "is listed from driver 580.82.07", "gpus/"),
    ],
)
def test_one_build_is_answered_with_it(asked: Asked, words: str, row: str) -> None:
    found = would_run(asked, "linux-x86_64", MATRIX)

    assert any(words in note for note in found.notes)
    assert any(one.row.startswith(row) for one in found.because)


@pytest.mark.parametrize(
    ("gpu", "words"),
    [
        ("GTX 1060", "torch.compile does not work on GTX 1060: it needs 7.0"),
        ("V100", "cannot load what the ptxas"),
    ],
)
def test_of_torch_compile_one_reason_is_told(gpu: str, words: str) -> None:
    """Whose GPU is too old for it has no use for what an assembler makes."""
    notes = ask(gpu, driver="470").plans[0].notes

    (remark,) = [note for note in notes if note.startswith("torch.compile")]
    assert words in remark
