"""Packages that people have beside torch most: of Python alone, for a CUDA of their own, or had by another name."""

from __future__ import annotations

from copy import copy
from typing import Any

import pytest
from torch_doctor.recommendation.question.asked import QuestionError

from tests.unit.recommendation.asking import MATRIX, ask, best, in_words, steps, why_not


def packages(*words: str, **asked: Any) -> list[str]:
    """Return what the first plan has beside torch."""
    return [one.requirement for one in ask(*words, **asked).plans[0].companions]


@pytest.mark.parametrize("name", ["transformers", "peft", "lightning", "torch-geometric", "timm"])
@pytest.mark.parametrize(("driver", "build"), [("550", "2.14.1+cu126"), ("580", "2.15.0+cu132")])
def test_what_is_of_python_alone_follows_torch(name: str, driver: str, build: str) -> None:
    answer = ask("A100", driver=driver, python="3.12", with_=name)

    assert best(answer) == build
    assert "kernels" not in in_words(answer)


def test_an_old_release_that_bounds_torch_nowhere_is_no_way_round_the_bound_of_a_new_one() -> None:
    answer = ask("A100", driver="580", python="3.12", with_="unsloth")

    assert best(answer).startswith("2.14.1+")
    assert "which unsloth 2026.10.9 refuses" not in in_words(answer)
    assert "2026.10.9 needs torch <2.15.0" in why_not(answer, "2.15.0+cu132")


@pytest.mark.parametrize(
    ("name", "along", "absent"),
    [
        ("faster-whisper", "ctranslate2==4.8.5", "2.15.0+cu132"),
        ("unsloth", "xformers==0.0.35", "2.14.1+cu130"),
        ("torchrec", "fbgemm-gpu==1.6.0", "2.15.0+cu132"),
    ],
)
def test_what_has_the_kernels_is_chosen_along(name: str, along: str, absent: str) -> None:
    answer = ask("A100", driver="580", python="3.12", with_=name)

    assert along in packages("A100", driver="580", python="3.12", with_=name)
    assert best(answer) != absent


def test_what_follows_torch_is_left_to_it() -> None:
    assert packages("A100", driver="580", python="3.12", with_="fastai") == ["fastai==2.8.12"]


@pytest.mark.parametrize(
    ("package", "gpu", "driver", "code"),
    [
        ("cupy-cuda13x", "V100", "580", 1),
        ("cupy-cuda12x", "V100", "580", 0),
        ("jax-cuda13-plugin", "GTX 1080 Ti", "580", 1),
        ("cudf-cu12", "GTX 1080 Ti", "580", 1),
        ("cudf-cu12", "V100", "580", 0),
        ("nvidia-dali-cuda130", "A100", "550", 1),
        ("nvidia-dali-cuda120", "A100", "550", 0),
        ("spconv-cu126", "RTX 5090", "580", 0),
        ("spconv-cu126", "GTX 1080 Ti", "580", 0),
        ("faiss-gpu-cu12==1.14.1", "P100", "580", 1),
        ("sageattention", "T4", "580", 1),
        ("onnxruntime-gpu", "P100", "580", 0),
        ("onnxruntime-gpu==1.27.0", "V100", "580", 1),
    ],
)
def test_a_cuda_of_its_own_serves_the_gpus_that_it_has_code_for(
    package: str, gpu: str, driver: str, code: int
) -> None:
    assert ask(gpu, driver=driver, python="3.12", with_=package).exit_code == code


def test_the_other_cuda_is_a_way_out() -> None:
    found = steps(ask("V100", driver="580", python="3.12", with_="cupy-cuda13x"))

    assert found["companion"] == "torch 2.14.1+cu126"


@pytest.mark.parametrize(
    ("release", "build"),
    [("4.4.0", "2.3.1+cu121"), ("4.6.0", "2.14.1+cu126"), ("4.8.5", "2.14.1+cu126")],
)
def test_what_opens_cudnn_by_its_name_goes_with_the_torch_that_has_it(
    release: str, build: str
) -> None:
    answer = ask("A100", driver="550", python="3.12", with_=f"ctranslate2=={release}")

    assert best(answer) == build


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows"])
def test_kernels_that_are_compiled_on_use_take_a_compiler(platform: str) -> None:
    words = in_words(ask("L4", driver="580", platform=platform, with_="exllamav2"))
    triton = in_words(ask("L4", driver="580", platform=platform, with_="sageattention"))

    assert "exllamav2 compiles its kernels when they are first used" in words
    assert ("triton-windows, which torch does not bring" in triton) is (platform == "windows")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("pytorch", ("a stub of that name", "torch itself is in every plan")),
        ("apex", ("another project of that name", "https://github.com/NVIDIA/apex")),
        ("tensorflow-gpu", ("ended with 2.12.0", "give --with tensorflow")),
        ("Flash_Attn_3", ("the package index has none", "give --with flash-attn")),
        ("cupy", ("give --with cupy-cuda12x or cupy-cuda13x",)),
        ("nvdiffrast", ("pip install --no-build-isolation git+https://",)),
        ("torch-sparse", ("a page for each torch and CUDA",)),
        ("pefft", ("did you mean peft?",)),
    ],
)
def test_a_name_that_is_none_here_is_said_with_the_next_step(
    typed: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(QuestionError) as caught:
        ask("A100", with_=typed)

    text = str(caught.value)
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("package", "gpu", "driver", "along"),
    [
        ("onnxruntime-gpu", "RTX 4090", "581", "onnxruntime-gpu==1.31.1"),
        ("onnxruntime-gpu", "V100", "580", "onnxruntime-gpu==1.20.2"),
        ("faster-whisper", "GTX 1080 Ti", "566.36", "ctranslate2==4.8.5"),
    ],
)
def test_the_cudnn_of_builds_for_windows_is_that_of_their_release(
    package: str, gpu: str, driver: str, along: str
) -> None:
    asked = {"driver": driver, "platform": "windows", "python": "3.11", "with_": package}

    assert along in packages(gpu, **asked)


@pytest.mark.parametrize(("gpu", "code"), [("V100", 2), ("T4", 0)])
def test_an_old_gpu_is_not_served_by_code_that_nobody_read(gpu: str, code: int) -> None:
    name = "nvidia-dali-cuda120"
    matrix = copy(MATRIX)
    matrix._indexes, matrix._selected = {}, {}
    matrix.companion_builds = tuple(
        row._replace(archs=None, ptx=None, partial=None) if row.package == name else row
        for row in MATRIX.companion_builds
    )

    answer = ask(gpu, matrix=matrix, driver="580", python="3.12", with_=name)

    assert answer.exit_code == code
