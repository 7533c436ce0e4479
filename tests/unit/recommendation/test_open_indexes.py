"""A torch for a CUDA that no row names is a no where the record is whole, and unknown where an index is known in part."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Asked, QuestionError
from torch_doctor.recommendation.would_run import WouldRun, would_run

from tests.unit.matrix.folders import HEADER, folder
from tests.unit.recommendation.asking import MATRIX, ask


def query(
    torch: str, platform: str = "linux-x86_64", matrix: Matrix = MATRIX, cuda: str | None = None
) -> WouldRun:
    asked = Asked(gpu=("A100",), torch=torch, platform=platform, cuda=cuda)
    return would_run(asked, "linux-x86_64", matrix)


@pytest.mark.parametrize("torch", ["2.12.0+cu129", "2.14.0+cu129", "2.15.0+cu129"])
@pytest.mark.parametrize("platform", ["linux-x86_64", "linux-aarch64"])
def test_what_an_index_known_in_part_may_have_is_no_no(torch: str, platform: str) -> None:
    assert query(torch, platform).exit_code == 2


def test_the_builds_that_are_on_record_are_named() -> None:
    (reason,) = query("2.12.0+cu129").reasons

    assert "2.11.0, 2.12.1, 2.13.0" in reason
    assert "torch 2.12.0 is on record for cu126, cu130, cu132" in reason


@pytest.mark.parametrize(
    ("torch", "platform"),
    [
        ("2.7.1+cu129", "linux-x86_64"),  # before the index had what no table names
        ("2.12.0+cu129", "windows"),  # where that index ended
        ("2.12.0+cu118", "linux-x86_64"),
        ("2.7.0+cu124", "linux-x86_64"),
        ("1.9.0+cu101", "linux-x86_64"),
    ],
)
def test_a_pair_of_an_index_that_is_known_was_never_made(torch: str, platform: str) -> None:
    assert query(torch, platform).exit_code == 1


def test_a_cuda_asked_for_apart_is_the_same_question() -> None:
    assert query("2.14", cuda="12.9").exit_code == 2
    assert query("2.13", cuda="12.9").exit_code == 0
    assert query("2.14", cuda="12.8").exit_code == 1


def test_recommend_says_the_same_and_makes_no_plan_of_it() -> None:
    with pytest.raises(
        QuestionError, match=r"2\.12\.0\+cu129 is not on record .* may be published"
    ):
        ask("RTX 5090", driver="570", torch="2.12.0+cu129")
    assert ask("RTX 5090", driver="570", torch="2.12.0+cu118").exit_code == 1
    assert ask("RTX 5090", driver="570", torch="2.12.1+cu129").exit_code == 0


def test_a_row_makes_another_index_known_in_part(tmp_path: Path) -> None:
    row = '  - {variant: cu128, platforms: [linux-x86_64], since: "2.12.0", until: "2.15.0"}\n'
    over = folder(tmp_path, f"{HEADER}open_indexes:\n{row}", "torch_index.yaml")

    assert query("2.12.0+cu128").exit_code == 1
    assert query("2.12.0+cu128", matrix=load_matrix(over)).exit_code == 2


def test_an_index_is_looked_at_again_with_every_release() -> None:
    newest = max((row.version for row in MATRIX.torch_releases), key=release_key)

    for row in MATRIX.open_indexes:
        assert row.until == newest, f"what does {row.variant} have of {newest}? Then mend until"
        assert "/main/" not in row.origin.source  # a branch that moves tells nothing of that day


@pytest.mark.parametrize(
    ("torch", "platform", "code"),
    [
        ("1.0.0", "windows", 2),  # no row of it for Windows, though there may have been a build
        ("1.9.1", "linux-aarch64", 2),
        ("1.7.0", "linux-aarch64", 2),
        ("2.3.1", "linux-aarch64", 1),  # a row says that it is there without CUDA
        ("1.8.0", "linux-aarch64", 1),
    ],
)
def test_a_release_without_a_row_for_the_platform_is_no_no(
    torch: str, platform: str, code: int
) -> None:
    found = query(torch, platform)

    assert found.exit_code == code
    words = "is not on record, with CUDA or without" if code == 2 else "only without CUDA"
    assert words in found.reasons[0]
    if code == 2:
        with pytest.raises(QuestionError, match="with CUDA or without"):
            ask("A100", torch=torch, platform=platform)
    else:
        assert ask("A100", torch=torch, platform=platform).exit_code == 1


def test_a_range_that_some_row_of_the_platform_is_in_is_judged_by_these() -> None:
    assert ask("H100", torch="<2.4", platform="linux-aarch64").exit_code == 1
    assert ask("Orin", torch="1.9.1", platform="jetson").exit_code == 1
