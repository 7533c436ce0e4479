"""The shortest question, a GPU and nothing else: what to take by driver, an image that exists, and its libraries."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.version import DriverRelease
from torch_doctor.recommendation.document import document

from tests.unit.recommendation.asking import MATRIX, ask, best

IMAGES = {row.reference: row for row in MATRIX.images}


def steps(*gpus: str, **asked: Any) -> list[tuple[str | None, str | None, str]]:
    return [
        (step.plan.min_driver, step.below, step.plan.build) for step in ask(*gpus, **asked).ladder
    ]


def test_without_a_driver_there_is_a_step_for_each_range_of_drivers() -> None:
    assert steps("A100") == [
        ("580.65.06", None, "2.15.0+cu132"),
        ("525.60.13", "580.65.06", "2.14.1+cu126"),
        ("450.80.02", "525.60.13", "2.7.1+cu118"),
    ]


@pytest.mark.parametrize("gpu", ["A100", "H100", "V100", "RTX 5090", "T4", "GB10", "K80"])
def test_each_step_is_what_the_same_question_with_its_driver_answers(gpu: str) -> None:
    for step in ask(gpu).ladder:
        assert step.plan.min_driver is not None
        asked = ask(gpu, driver=step.plan.min_driver)
        assert best(asked).split("+")[0] == step.plan.torch


def test_a_known_driver_needs_no_steps() -> None:
    assert ask("A100", driver="535").ladder == ()
    assert ask("Orin").ladder == ()
    assert ask("H100", driver="470").ladder == ()


def test_two_releases_of_one_branch_are_no_two_steps() -> None:
    assert [driver for driver, _, _ in steps("GB10")] == ["580.65.06"]


def test_the_third_step_is_the_last() -> None:
    assert len(steps("T4")) == 3


@pytest.mark.parametrize(
    ("gpu", "asked"),
    [
        ("A100", {}),
        ("A100", {"torch": "2.15.0"}),
        ("A100", {"purpose": "dev"}),
        ("A100", {"python": "3.8"}),
        ("RTX 5090", {"driver": "570"}),
        ("GB10", {}),
        ("GH200", {"driver": "550"}),
        ("V100", {"driver": "470"}),
        ("Orin", {}),
        ("RTX 4090", {"platform": "wsl"}),
    ],
)
def test_every_answer_has_an_image_that_exists(gpu: str, asked: dict[str, Any]) -> None:
    answer = ask(gpu, **asked)

    for plan in (answer.plans[0], *(step.plan for step in answer.ladder)):
        imaged = plan if plan.image else plan.imaged
        assert imaged is not None
        assert IMAGES[imaged.image or ""].status in ("confirmed", "expected")
        if imaged is not plan:
            assert imaged.why.startswith(f"no image of {plan.label} is on record")
            assert imaged.min_driver is not None
            assert plan.min_driver is not None
            least = DriverRelease.parse(imaged.min_driver)
            assert asked.get("driver") or least <= DriverRelease.parse(plan.min_driver)


def test_an_arm_server_gets_nvidias_image() -> None:
    imaged = ask("GH200", driver="550").plans[0].imaged

    assert imaged is not None
    assert (imaged.image or "").startswith("nvcr.io/nvidia/pytorch:")
    assert imaged.cuda is not None
    assert imaged.cuda.startswith("12.")  # CUDA 13 needs another driver
    assert "pip" not in imaged.commands
    assert imaged.commands["docker"].endswith(imaged.image or "?")


def test_what_was_asked_for_has_no_image_and_that_is_said() -> None:
    imaged = ask("A100", torch="2.15.0").plans[0].imaged

    assert imaged is not None
    assert imaged.why.endswith("nor of another build inside 2.15.0")


def test_windows_has_no_image_and_needs_no_word_about_it() -> None:
    plan = ask("RTX 4090", platform="windows").plans[0]

    assert (plan.image, plan.imaged) == (None, None)
    assert "image" not in "\n".join(plan.notes)


def test_the_libraries_are_those_that_the_build_asks_for() -> None:
    plan = ask("A100").plans[0]

    assert (plan.cudnn, plan.nccl) == ("9.26.0.51", "2.30.7")
    assert ask("A100", driver="470").plans[0].cudnn == "9.1.0.70"
    assert ask("RTX 4090", platform="windows").plans[0].nccl is None


@pytest.mark.parametrize(
    ("target", "build"),
    [
        ("pip", "2.15.0+cu132"),
        ("dockerfile", "2.14.1+cu130"),
        ("compose", "2.14.1+cu130"),
        ("conda", "2.13.0+cu130"),
    ],
)
def test_the_newest_plan_that_a_form_can_express(target: str, build: str) -> None:
    emitted = ask("A100", emit=target).emitted

    assert emitted is not None
    assert emitted.build == build
    assert target in emitted.commands


def test_a_form_that_nothing_can_have() -> None:
    assert ask("RTX 5090", platform="windows", emit="dockerfile").emitted is None
    assert ask("A100").emitted is None


def test_json_has_the_steps_and_the_plan_with_an_image() -> None:
    answer = document(ask("A100"))

    assert [step["below_driver"] for step in answer["ladder"]] == [None, "580.65.06", "525.60.13"]
    assert all(step["image"] and step["cudnn"] and step["nccl"] for step in answer["ladder"])
    assert answer["ladder"][0]["image_torch"] == "2.14.1+cu130"
    assert answer["ladder"][1]["image_torch"] == answer["ladder"][1]["torch"] + "+cu126"
    assert answer["plans"][0]["imaged"]["image"].startswith("pytorch/pytorch:2.14.1-")


def test_a_driver_that_is_behind_is_said_to_compile_no_ptx_only_where_there_is_some() -> None:
    notes = "\n".join(ask("A100", driver="535", torch="2.14.1").plans[0].notes)
    assert "minor-version compatibility" in notes
    with_ptx = {row.torch for row in MATRIX.torch_builds if row.variant == "cu126" and row.ptx}
    assert "2.14.1" not in with_ptx
    assert "PTX" not in notes


def test_no_plan_asks_for_a_newer_driver_than_the_one_that_runs_it() -> None:
    plan = ask("A100", driver="580.65.05").plans[0]

    assert (plan.cuda, plan.min_driver) == ("13.0", "580.65.05")
