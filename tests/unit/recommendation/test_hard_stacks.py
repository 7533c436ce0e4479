"""Whole stacks that people ask for, answered from the sources first: old and new GPUs, other systems, packages, features."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.recommendation.question.asked import Asked, QuestionError
from torch_doctor.recommendation.would_run import would_run

from tests.unit.recommendation.asking import MATRIX, ask, best, in_words, steps, why_not


@pytest.mark.parametrize(
    ("gpus", "asked", "build", "along"),
    [
        # xformers 0.0.22 is the last of the default index for CUDA 11, and R470 loads nothing of CUDA 12.
        (
            ["V100"],
            {"driver": "470", "with_": "xformers", "python": "3.8"},
            "2.0.1+cu117",
            {"xformers": "0.0.22"},
        ),
        # Pascal stays with CUDA 12.6.
        (
            ["P100"],
            {"driver": "535", "with_": "bitsandbytes", "python": "3.10"},
            "2.14.1+cu126",
            {"bitsandbytes": "0.50.2"},
        ),
        # vllm 0.20 and later ask for CUDA 13, which needs R580.
        (
            ["B200"],
            {"driver": "570", "with_": "vllm", "python": "3.12"},
            "2.10.0+cu128",
            {"vllm": "0.19.1"},
        ),
        (
            ["GH200"],
            {"driver": "550", "with_": "vllm"},
            "2.10.0+cu128",
            {"vllm": "0.19.1"},
        ),
        # On Windows torch.compile takes triton from another package.
        (
            ["RTX 5090"],
            {"platform": "windows", "feature": "compile", "python": "3.13"},
            "2.14.1+cu132",
            {"triton-windows": "3.8.0.post29"},
        ),
        # FlashAttention 3 and fp8 are Hopper's, and R535 serves CUDA 12.
        (["H100"], {"driver": "535", "feature": ("flash-attn-3", "fp8")}, "2.14.1+cu126", {}),
        (
            ["H100"],
            {"with_": ("vllm==0.6.3.post1", "xformers")},
            "2.4.0+cu121",
            {"vllm": "0.6.3.post1", "xformers": "0.0.27.post2"},
        ),
        # sm_120 code runs on 12.1.
        (["GB10"], {"with_": "vllm"}, "2.14.0+cu130", {"vllm": "0.33.0"}),
        # The README of torchcodec pairs 0.7 with torch 2.8, the last for Python 3.9.
        (
            ["A10G"],
            {"driver": "550", "with_": "torchcodec", "python": "3.9"},
            "2.8.0+cu128",
            {"torchcodec": "0.7.0"},
        ),
        (["T4"], {"torch": "2.6", "with_": "torchcodec"}, "2.6.0+cu124", {"torchcodec": "0.2.1"}),
        (["M40"], {"driver": "535", "python": "3.13"}, "2.14.1+cu126", {}),
        (
            ["RTX 4090"],
            {"platform": "wsl", "driver": "566", "with_": "sglang"},
            "2.9.1+cu128",
            {"sglang": "0.5.10.post1"},
        ),
        (
            ["A100", "RTX PRO 6000"],
            {"driver": "580", "with_": "deepspeed"},
            "2.15.0+cu132",
            {"deepspeed": "0.19.8"},
        ),
        (
            ["L4"],
            {"driver": "535", "with_": ("onnxruntime-gpu", "torchvision")},
            "2.14.1+cu126",
            {"onnxruntime-gpu": "1.26.0", "torchvision": "0.29.2"},
        ),
        # vllm 0.6.4 runs under glibc 2.17, but the xformers that it pins asks for 2.28.
        (
            ["A100"],
            {"driver": "535", "glibc": "2.17", "with_": "vllm"},
            "2.4.0+cu121",
            {"vllm": "0.6.3.post1"},
        ),
        # The wheel of xformers 0.0.31 for Windows was built without its kernels.
        (
            ["Quadro P4000"],
            {"platform": "windows", "driver": "531", "with_": "xformers"},
            "2.7.0+cu128",
            {"xformers": "0.0.30"},
        ),
    ],
    ids=str,
)
def test_what_goes_together(
    gpus: list[str], asked: dict[str, Any], build: str, along: dict[str, str]
) -> None:
    answer = ask(*gpus, **asked)

    assert best(answer) == build
    assert {package.name: package.version for package in answer.plans[0].companions} == along


@pytest.mark.parametrize(
    ("gpu", "asked", "build", "why", "helps"),
    [
        ("T4", {"feature": "bf16"}, "2.14.1+cu126", "lacks bf16, which needs 8.0", "feature"),
        (
            "GTX 970",
            {"driver": "550", "feature": "compile"},
            "2.14.1+cu126",
            "lacks compile, which needs 7.0",
            "feature",
        ),
        (
            "RTX 3090",
            {"platform": "windows", "feature": "nccl"},
            "2.14.1+cu126",
            "has no nccl",
            "feature",
        ),
        (
            "A100",
            {"python": "3.14", "with_": "torchtext"},
            "2.9.1+cu128",
            "torchtext 0.18.0 has no build for Python 3.14",
            "python",
        ),
        ("K80", {"with_": "vllm"}, "2.7.1+cu118", "asks for 7.0 or newer", "companion"),
        (
            "L40S",
            {"driver": "550", "with_": "cupy-cuda13x"},
            "2.14.1+cu126",
            "is for CUDA 13, which needs driver 580.65.06",
            "driver",
        ),
        (
            "RTX 5070",
            {"driver": "560", "with_": "xformers"},
            "2.8.0+cu128",
            "is driven from 570 on",
            "driver",
        ),
        (
            "GH200",
            {"with_": "ctranslate2"},
            "2.14.1+cu126",
            "holds no GPU code for linux-aarch64",
            "companion",
        ),
    ],
    ids=str,
)
def test_what_does_not_and_why(
    gpu: str, asked: dict[str, Any], build: str, why: str, helps: str
) -> None:
    answer = ask(gpu, **asked)

    assert answer.exit_code == 1
    assert why in why_not(answer, build)
    assert any(helps in step for step in steps(answer))


def test_a_gpu_of_another_maker_is_no_question_about_drivers() -> None:
    with pytest.raises(QuestionError, match="AMD makes it, and torch runs on it by ROCm builds"):
        ask("MI300X", with_="vllm")


def test_an_index_of_the_makers_is_not_named_for_a_glibc_that_its_torch_does_not_take() -> None:
    asked: dict[str, Any] = {"driver": "535", "with_": "vllm"}

    assert "wheels.vllm.ai" in in_words(ask("A100", glibc="2.35", **asked))
    assert "wheels.vllm.ai" not in in_words(ask("A100", glibc="2.17", **asked))


def test_what_is_compiled_when_it_is_used_is_not_said_to_be_built_by_the_installer() -> None:
    assert "deepspeed compiles its operators when they are first used" in in_words(
        ask("A100", with_="deepspeed")
    )
    assert "prebuilt wheel on its releases page" in in_words(ask("A100", with_="flash-attn"))


def test_tensorflow_on_windows_is_said_to_have_nothing_for_the_gpu() -> None:
    answer = ask("RTX 4090", platform="windows", with_="tensorflow")

    assert not answer.plans  # no index has what its extra and-cuda asks for there
    words = "tensorflow[and-cuda] 2.21.0 has nothing for the GPU on windows"
    assert words in why_not(answer, "2.15.0+cu132")
    assert "holds no GPU code" not in in_words(ask("RTX 4090", with_="tensorflow"))


@pytest.mark.parametrize(
    ("torch", "variant", "version"),
    [
        ("2.2.2", "cu118", "1.18.1"),  # cuDNN 8, for which the newest with a table is for CUDA 11
        ("2.3.1", "cu118", "1.18.1"),
        ("2.5.1", "cu124", "1.26.0"),
    ],
)
def test_what_asks_for_one_major_of_cudnn_is_not_put_beside_another(
    torch: str, variant: str, version: str
) -> None:
    plan = ask("T4", driver="535", torch=torch, with_="onnxruntime-gpu").plans[0]

    assert (plan.variant, plan.companions[0].version) == (variant, version)
    older = ask("T4", driver="535", torch="2.2.2+cu121", with_="onnxruntime-gpu")
    assert older.exit_code == 1
    assert "torch 2.2.2 brings cuDNN 8" in why_not(older, "2.2.2+cu121")


def test_releases_that_name_their_torch_in_an_extra_are_asked_for_with_it() -> None:
    old = ask("A10G", driver="535", python="3.9", with_="sglang").plans[0]
    (package,) = old.companions
    assert (old.torch, package.requirement) == ("2.7.1", "sglang[srt]==0.4.10.post2")
    refused = ask("A10G", driver="535", torch="2.8.0", with_="sglang==0.4.10.post2")
    assert refused.exit_code == 1


def test_the_triton_for_windows_is_that_of_torch() -> None:
    plan = ask("RTX 4090", platform="windows", driver="581", with_="triton-windows").plans[0]
    (package,) = plan.companions
    assert plan.torch.startswith("2.14.")
    assert package.version is not None and package.version.startswith("3.8.")
    newer = ask(
        "RTX 4090", platform="windows", driver="581", torch="2.15.0", with_="triton-windows"
    )
    assert newer.exit_code == 2
    assert "whose triton is 3.9" in why_not(newer, "2.15.0+cu132")


def test_a_release_that_leaves_the_torch_open_and_would_do_otherwise_is_no_no() -> None:
    # Old releases of vllm have wheels for Pythons of their time alone.
    assert ask("A100", driver="535", python="3.14", with_="vllm").exit_code == 1


@pytest.mark.parametrize(
    ("torch", "package", "words"),
    [
        (
            "2.14.1+cu126",
            "torchvision",
            "torchvision 0.29.2 has to come from https://download.pytorch.org/whl/cu126",
        ),
        ("2.14.1+cu130", "torchvision", ""),
        ("2.8.0+cu126", "torchaudio", ""),
        ("2.9.1+cu130", "torchvision", "the default index has it for CUDA 12"),
        ("2.8.0+cu128", "flash-attn", "flash-attn is built against this torch"),
        ("2.3.1+cu121", "pytorch3d", "the package index has no pytorch3d"),
    ],
)
def test_a_yes_says_where_the_package_has_to_come_from(
    torch: str, package: str, words: str
) -> None:
    asked = Asked(gpu=("A100",), torch=torch, driver="580", with_=(package,))
    answer = would_run(asked, "linux-x86_64", MATRIX)

    begins = (package, f"the package index has no {package}")
    notes = [note for note in answer.notes if note.startswith(begins)]
    assert answer.runs == "yes"
    assert bool(notes) is bool(words)
    assert words in "".join(notes)


def test_what_brings_the_libraries_of_another_cuda_major_is_not_put_beside_torch() -> None:
    # nvidia-cudnn-cu12 and -cu13 write the same files; the driver would serve both.
    for package in ("tensorflow", "jax-cuda12-plugin"):
        answer = ask("A100", driver="580", python="3.12", with_=package)
        assert best(answer) == "2.14.1+cu126"
        assert "the same files for CUDA 13" in why_not(answer, "2.15.0+cu132")
        assert "the same files for CUDA 13" in why_not(answer, "2.14.1+cu130")

    assert (
        best(ask("A100", driver="580", python="3.12", with_="jax-cuda13-plugin")) == "2.15.0+cu132"
    )


def test_a_note_calls_only_what_does_not_run_so() -> None:
    assert "2.15.0+cu132, which has not all that was asked for" in in_words(
        ask("A100", with_="xformers")
    )
    assert "2.15.0+cu132, which would not run" in in_words(ask("V100"))
