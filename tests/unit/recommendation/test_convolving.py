"""What is made of convolutions gets the newest torch whose cuDNN has code for the GPU, where there is one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recommendation.asking import ask, best, in_words


@pytest.mark.parametrize(
    ("asked", "build"),
    [
        ({"with_": "torchvision"}, "2.3.1+cu118"),
        ({"with_": "torchvision", "prefer": "stable"}, "2.3.1+cu118"),
        ({"with_": "torchaudio"}, "2.3.1+cu118"),
        ({"with_": "torchvision", "driver": "440.33.01"}, "1.12.1+cu102"),
        ({}, "2.7.1+cu118"),
        ({"with_": "torchtext"}, "2.3.0+cu118"),
        ({"with_": "torchvision", "python": "3.13"}, "2.7.1+cu118"),
        ({"with_": "torchvision", "torch": "2.7.1"}, "2.7.1+cu118"),
        ({"with_": "torchvision", "prefer": "smallest-change"}, "2.7.1+cu118"),
    ],
    ids=str,
)
def test_a_cudnn_without_code_for_the_gpu_comes_last(asked: dict[str, Any], build: str) -> None:
    assert best(ask("K80", **asked)) == build


def test_the_newer_torch_that_runs_as_well_is_named_with_what_it_lacks() -> None:
    answer = ask("K80", driver="470", with_="torchvision")

    assert answer.plans[0].why == "the newest torch whose cuDNN has code for this GPU"
    assert "torch 2.7.1+cu118 runs, too, but the models of torchvision" in in_words(answer)
    keys = [receipt.row for receipt in answer.plans[0].because]
    assert any(key.startswith("library_support/cudnn/9.1.0") for key in keys)


@pytest.mark.parametrize("gpu", ["V100", "A100", "RTX 5090", "M40", "P100"])
def test_where_every_cudnn_has_code_the_newest_torch_stays_first(gpu: str) -> None:
    alone, beside = ask(gpu), ask(gpu, with_="torchvision")

    assert best(alone) == best(beside)
    assert "convolutions" not in in_words(beside)
