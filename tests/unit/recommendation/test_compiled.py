"""What is compiled beside torch: the C++ that its source asks for, and an image that has a compiler."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.beside import Torch, clashes
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.law.machine import Machine

from tests.unit.recommendation.asking import MATRIX, ask, best, why_not

CU130 = CudaVersion(13, 0)


@pytest.mark.parametrize("package", ["flash-attn", "mamba-ssm"])
def test_a_source_of_cxx_17_takes_the_last_torch_whose_headers_do(package: str) -> None:
    answer = ask("A100", driver="580", with_=package)

    assert best(answer) == "2.13.0+cu130"
    assert "is compiled as C++17, and torch's headers ask for C++20 from 2.14.0 on" in why_not(
        answer, "2.15.0+cu132"
    )


def test_a_source_that_leaves_the_standard_to_torch_takes_the_newest() -> None:
    assert best(ask("A100", driver="580", with_="causal-conv1d")) == "2.15.0+cu132"


@pytest.mark.parametrize("torch", ["2.14.0", "2.14.1+cu126", "2.15.0"])
def test_beside_a_newer_torch_it_is_a_no(torch: str) -> None:
    assert ask("H100", driver="580", torch=torch, with_="flash-attn==2.8.3").exit_code == 1


@pytest.mark.parametrize(
    ("version", "torch", "system", "found"),
    [
        ("2.8.3", "2.13.0", "linux", []),
        ("2.8.3", "2.14.0", "linux", ["companion-build"]),
        ("2.8.3", "2.14.0", "wsl", ["companion-build"]),
        # The compiler of Windows is asked from 2.15.0 on; whether that system will do at all is another doubt.
        ("2.8.3", "2.14.1", "windows", ["companion-unknown"]),
        ("2.8.3", "2.15.0", "windows", ["companion-unknown", "companion-build"]),
    ],
)
def test_headers_ask_for_a_standard_by_system(
    version: str, torch: str, system: str, found: list[str]
) -> None:
    (build,) = builds_of(MATRIX, "flash-attn", version)
    machine = Machine(platform=system)

    assert [c.kind for c in clashes(build, Torch(torch, CU130), machine, MATRIX)] == found


def test_a_source_that_was_not_read_is_not_known_to_compile() -> None:
    (build,) = builds_of(MATRIX, "flash-attn", "2.8.3.post2")
    (open_one,) = clashes(build._replace(cxx=None), Torch("2.14.0", CU130), Machine(), MATRIX)
    follows = clashes(build._replace(cxx="torch"), Torch("2.14.0", CU130), Machine(), MATRIX)
    newer = clashes(build._replace(cxx="20"), Torch("2.14.0", CU130), Machine(), MATRIX)

    assert open_one.kind == "companion-unknown" and "is not on record" in open_one.message
    assert not list(follows) and not list(newer)


def test_what_works_without_its_kernels_stays_and_says_so() -> None:
    older = ask("A100", driver="580", torch="2.14.1+cu130", with_="deepspeed==0.19.4").plans[0]
    newer = ask("A100", driver="580", torch="2.14.1+cu130", with_="deepspeed==0.19.8").plans[0]

    assert any("C++20" in note and "kernels are left out" in note for note in older.notes)
    assert not any("C++20" in note for note in newer.notes)


@pytest.mark.parametrize(
    ("asked", "build"),
    [
        ({"with_": "flash-attn"}, "2.13.0+cu126"),  # no image of 2.13.0+cu129 is there
        ({"with_": "flash-attn", "torch": "2.13.0+cu129"}, "2.13.0+cu129"),
        ({"torch": "2.13.0"}, "2.13.0+cu129"),  # nothing is compiled
        ({"torch": "2.13.0", "with_": "torchvision"}, "2.13.0+cu129"),
    ],
    ids=str,
)
def test_what_is_compiled_takes_the_variant_that_has_an_image(
    asked: dict[str, Any], build: str
) -> None:
    assert best(ask("A100", driver="535", **asked)) == build
