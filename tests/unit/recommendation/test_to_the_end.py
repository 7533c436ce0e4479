"""A plan is to work to the end: what its commands bring, and what is known to be left out, is all in it."""

from __future__ import annotations

import pytest
from torch_doctor.recommendation.question.asked import Asked, QuestionError
from torch_doctor.recommendation.would_run import would_run

from tests.unit.recommendation.asking import MATRIX, ask, best, in_words, steps, why_not


def test_triton_comes_along_where_its_wheels_are_another_projects() -> None:
    plan = ask("RTX 4090", feature="compile", platform="windows", torch="2.14.1").plans[0]

    assert '"triton-windows==3.8.0.post29"' in plan.commands["pip"]
    assert "--extra-index-url" in plan.commands["pip"]
    assert "cp314" in plan.python and "cp314t" not in plan.python  # it has no wheel for that one
    assert not ask("RTX 4090", platform="windows", torch="2.14.1").plans[0].companions
    assert not ask("RTX 4090", feature="compile", torch="2.14.1").plans[0].companions


def test_a_plan_names_the_pythons_that_the_feature_has() -> None:
    plain, compiled = ask("A100", torch="2.9.1"), ask("A100", torch="2.9.1", feature="compile")
    older = ask("A100", torch="2.7.1", feature="compile")

    assert "cp314" in plain.plans[0].python
    assert compiled.plans[0].python[-2:] == ("cp313", "cp313t")
    assert older.plans[0].python[-1] == "cp313"  # 2.7 refuses free-threaded Pythons


@pytest.mark.parametrize(
    ("asked", "pythons"),
    [
        ({"python": "3.14", "with_": "tensorflow"}, "3.10, 3.11, 3.12 or 3.13"),
        ({"python": "3.13", "torch": "2.5.1", "feature": "compile"}, "3.9, 3.10, 3.11 or 3.12"),
        ({"python": "3.13t", "torch": "2.7.1", "feature": "compile"}, "3.9, 3.10, 3.11, 3.12 or 3.13"),
    ],
    ids=str,
)  # fmt: skip
def test_another_python_is_one_that_all_of_the_question_allows(
    asked: dict[str, str], pythons: str
) -> None:
    answer = ask("A100", driver="570", **asked)
    (step,) = (one for one in answer.relaxations if one.gives_way == "python")

    assert not answer.plans
    assert step.text == f"another Python: {pythons}"


def test_what_is_built_needs_a_compiler_in_the_image_of_another_build_too() -> None:
    plan = ask("A100", driver="580", torch="2.13.0+cu129", with_="flash-attn").plans[0]

    assert plan.image is None and plan.imaged is not None
    assert plan.imaged.image_kind == "devel"


def test_the_extra_that_brings_cuda_is_asked_for() -> None:
    plan = ask("A100", driver="550", python="3.12", with_="tensorflow").plans[0]

    assert '"tensorflow[and-cuda]==2.21.0"' in plan.commands["pip"]
    assert '"torchvision==0.29.2"' in ask("A100", with_="torchvision").plans[0].commands["pip"]


def test_what_torch_pins_holds_for_companions() -> None:
    nccl = ask("A100", driver="550", torch="2.9.1+cu128", with_="tensorflow==2.21.0")
    toolkit = ask("A100", driver="580", with_="cupy-cuda12x")
    cudnn = ask("A100", torch="2.5.1+cu124", with_="nvidia-cudnn-cu12==9.5.0.50")

    assert not nccl.plans and nccl.undecided
    assert "torch 2.9.1+cu128 pins nvidia-nccl-cu12 2.27.5" in why_not(nccl, "2.9.1+cu128")
    for build in ("2.15.0+cu132", "2.14.1+cu132"):  # of the second no metadata was read
        assert "pins cuda-toolkit ==12.*" in why_not(toolkit, build)
    assert best(toolkit) == "2.14.1+cu126"
    assert not cudnn.plans and not cudnn.undecided
    assert "torch pins nvidia-cudnn-cu12 9.1.0.70" in why_not(cudnn, "2.5.1+cu124")
    same = ask("A100", torch="2.5.1+cu124", with_="nvidia-cudnn-cu12==9.1.0.70")
    assert best(same) == "2.5.1+cu124"


def test_a_toolkit_that_no_release_has_for_torch_is_no_plan() -> None:
    mixed = ask("A100", driver="550", torch="2.7.1", with_="cupy-cuda12x")
    whole = ask("A100", driver="550", torch="2.8.0+cu128", with_="cupy-cuda12x")

    reason = why_not(mixed, "2.7.1+cu126")
    assert "the nearest, 12.6.3, has nvidia-cuda-nvrtc-cu12 12.6.85, and torch 12.6.77" in reason
    assert "2.7.1+cu128" in [f"{plan.torch}+{plan.variant}" for plan in mixed.plans]
    assert best(whole) == "2.8.0+cu128"


def test_kernels_that_are_left_out_are_named() -> None:
    asked = Asked(gpu=("V100",), torch="2.9.1+cu126", with_=("torchao==0.14.1",), driver="560")
    answer = would_run(asked, "linux-x86_64", MATRIX)

    assert answer.runs == "yes"
    assert any("torchao 0.14.1 has no code for V100" in note for note in answer.notes)
    assert "xformers 0.0.35 has kernels for GPUs up to 9.0" in in_words(
        ask("B200", driver="570", with_="xformers")
    )


def test_a_limit_of_a_packages_own_kernels_holds_from_the_release_that_has_it() -> None:
    older = ask("RTX 5090", driver="570", torch="2.8.0+cu128", with_="xformers==0.0.32.post2")

    assert best(older) == "2.8.0+cu128"
    assert "xformers 0.0.32.post2 has kernels" not in in_words(older)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"platform": "linux-aarch64", "driver": "580"}, "no compiled wheel for linux-aarch64"),
        ({"python": "3.13t", "driver": "580"}, "no compiled wheel for this Python"),
    ],
    ids=str,
)
def test_a_wheel_without_what_others_have_compiled_is_said_to_be_one(
    asked: dict[str, str], words: str
) -> None:
    assert words in in_words(ask("H100", with_="torchao", **asked))
    assert "no compiled wheel" not in in_words(ask("H100", driver="580", with_="torchao"))


def test_another_c_library_is_one_on_which_the_package_runs_too() -> None:
    answer = ask("H100", driver="580", glibc="2.31", with_="sglang")
    (step,) = (one for one in answer.relaxations if one.gives_way == "glibc")

    assert step.text == "a system or container with glibc 2.34 or newer"


def test_what_has_to_be_built_is_a_doubt_on_systems_that_its_makers_do_not_name() -> None:
    answer = ask("RTX 4090", driver="580", platform="windows", with_="flash-attn")

    assert not answer.plans and answer.undecided
    assert "its makers name linux and wsl" in why_not(answer, "2.15.0+cu132")


def test_what_a_pinned_package_pins_counts_too() -> None:
    plan = ask("A100", driver="580", with_="tensorrt").plans[0]

    assert plan.python == ("cp311", "cp312", "cp313", "cp314")  # its bindings have no other wheels


def test_what_its_makers_ask_for_holds_for_who_asks_for_it_and_not_for_who_pins_it() -> None:
    alone = ask("V100", driver="580", with_="flashinfer-python")
    pinned = ask("V100", driver="580", with_="vllm==0.19.1")

    assert not alone.plans and steps(alone)["companion"] == "torch 2.14.1+cu126"
    assert best(pinned) == "2.10.0+cu128"


def test_what_stands_against_a_release_counts_though_its_torch_is_not_on_record() -> None:
    refused = ask("V100", driver="570", torch="2.9.1+cu128", with_="sgl-kernel==0.3.21")
    open_ = ask("A100", driver="570", torch="2.9.1+cu128", with_="sgl-kernel==0.3.21")

    assert "has no code for V100" in why_not(refused, "2.9.1+cu128") and refused.rejected
    assert "which torch sgl-kernel 0.3.21 goes with is not on record" in why_not(
        open_, "2.9.1+cu128"
    )
    assert open_.undecided


def test_a_package_with_pages_of_builds_names_one() -> None:
    with pytest.raises(QuestionError, match=r"download\.openmmlab\.com/mmcv/dist/cu121/torch2\.4/"):
        ask("A100", with_="mmcv")
