"""bitsandbytes brings a library for each CUDA: the one that it opens beside torch decides, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.beside import traits_of
from torch_doctor.matrix.builds.per_cuda import of_cuda, opened
from torch_doctor.matrix.builds.query import builds_of

from tests.unit.recommendation.asking import MATRIX, ask, best, why_not

BNB = "bitsandbytes"


def row(version: str, platform: str = "linux-x86_64") -> Any:
    return next(one for one in builds_of(MATRIX, BNB, version) if one.platform == platform)


@pytest.mark.parametrize(
    ("version", "cuda", "own"),
    [
        ("0.49.2", "13.0", "13.0"),
        ("0.49.2", "13.2", None),
        ("0.50.2", "13.2", "13.2"),
        ("0.50.2", "12.9", "12.8"),
        ("0.50.2", "12.0", "12.1"),
        ("0.50.2", "10.2", None),
        ("0.45.2", "12.8", None),
        ("0.45.3", "12.8", "12.8"),
    ],
)
def test_which_library_is_opened(version: str, cuda: str, own: str | None) -> None:
    traits = traits_of(BNB, MATRIX)

    assert traits is not None
    assert opened(row(version), CudaVersion.parse(cuda), traits) == own


def test_the_code_is_that_of_the_library_that_is_opened() -> None:
    traits = traits_of(BNB, MATRIX)
    assert traits is not None
    build = row("0.46.1")

    assert "sm_50" in (of_cuda(build, CudaVersion.parse("12.6"), traits).archs or ())
    assert (of_cuda(build, CudaVersion.parse("12.8"), traits).archs or ())[0] == "sm_75"
    assert of_cuda(build, CudaVersion.parse("13.0"), traits) is build


def test_a_torch_for_a_cuda_without_a_library_is_no_plan() -> None:
    asked = {"driver": "580", "with_": "bitsandbytes==0.49.2"}

    assert best(ask("H100", **asked)) == "2.14.1+cu130"
    refused = ask("H100", torch="2.15.0+cu132", **asked)
    assert refused.exit_code == 1
    assert "bitsandbytes 0.49.2 brings no library for CUDA 13.2" in why_not(refused, "2.15.0+cu132")


def test_an_old_gpu_gets_a_release_whose_library_for_its_torch_has_code() -> None:
    answer = ask("M40", with_=BNB)

    assert best(answer) == "2.14.1+cu126"
    assert [one.version for one in answer.plans[0].companions] == ["0.47.0"]
    volta = ask("V100", torch="2.9.0+cu128", with_="bitsandbytes==0.46.1")
    assert "bitsandbytes 0.46.1 has no code for V100" in why_not(volta, "2.9.0+cu128")


def test_what_is_older_than_the_record_is_not_ruled_out() -> None:
    answer = ask("A100", torch="1.13.1+cu116", with_=BNB)

    assert answer.exit_code == 2
    assert "older than 0.40.0 are not on record" in why_not(answer, "1.13.1+cu116")
