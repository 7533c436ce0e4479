"""What companions ask for by a range has to be there for the Python and the system, too, down to what that asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.store import Matrix

from tests.unit.matrix.folders import HEADER, faults, folder
from tests.unit.recommendation.asking import ask, best, why_not

ROW = '  - {{package: {}, version: "{}", {}, source: "pypi:{}=={}"}}\n'
ANY = "platform: any, abi: none, python_tags: [py3]"
LINUX = "platform: linux-x86_64, abi: cpython, python_tags: [{}]"


def made(tmp_path: Path, *rows: tuple[str, str, str]) -> Matrix:
    text = "".join(ROW.format(name, version, rest, name, version) for name, version, rest in rows)
    over = folder(tmp_path, f"{HEADER}companion_builds:\n{text}", "companion_builds.yaml")
    return load_matrix(over)


def asks(what: str) -> str:
    return f"{ANY}, pins: {{{what}}}"


def test_a_package_that_it_asks_for_bounds_the_pythons(tmp_path: Path) -> None:
    matrix = made(
        tmp_path,
        ("front", "2.0", asks('back: ">=1.1"')),
        ("back", "1.0", LINUX.format("cp312, cp313")),
        ("back", "1.1", LINUX.format("cp312")),
        ("back", "1.2", LINUX.format("cp313")),
    )
    asked = {"driver": "580", "torch": "2.14.1+cu130", "with_": "front", "matrix": matrix}

    assert ask("A100", **asked).plans[0].python == ("cp312", "cp313")
    refused = ask("A100", python="3.11", **asked)
    assert why_not(refused, "2.14.1+cu130").endswith(
        "releases of front older than 2.0 are not on record, and that one is too new for it"
    )
    assert refused.exit_code == 2
    assert best(ask("A100", python="3.13", **asked)) == "2.14.1+cu130"


def test_a_newer_release_without_the_build_is_refused_and_an_older_one_is_taken(
    tmp_path: Path,
) -> None:
    matrix = made(
        tmp_path,
        ("front", "1.0", ANY),
        ("front", "2.0", asks('back: ">=1.0"')),
        ("back", "1.0", LINUX.format("cp312")),
    )
    asked = {"driver": "580", "torch": "2.14.1+cu130", "matrix": matrix, "python": "3.13"}

    older = ask("A100", with_="front", **asked)
    assert [one.version for one in older.plans[0].companions] == ["1.0"]
    newer = ask("A100", with_="front==2.0", **asked)
    assert newer.exit_code == 1
    message = "front 2.0 asks for back >=1.0: back 1.0 has no build for Python 3.13"
    assert message in why_not(newer, "2.14.1+cu130")


def test_what_that_package_asks_for_counts_and_what_nobody_read_does_not(tmp_path: Path) -> None:
    matrix = made(
        tmp_path,
        ("front", "1.0", ANY),
        ("front", "2.0", asks('back: ">=1.0", never-read: ">=3"')),
        ("back", "1.0", asks('core: "7.0"')),
        ("core", "7.0", LINUX.format("cp312")),
    )
    asked = {"driver": "580", "torch": "2.14.1+cu130", "matrix": matrix, "with_": "front==2.0"}

    assert best(ask("A100", python="3.12", **asked)) == "2.14.1+cu130"
    refused = ask("A100", python="3.13", **asked)
    assert "back 1.0 asks for core ==7.0: core 7.0 has no build" in why_not(refused, "2.14.1+cu130")


def test_releases_before_the_record_may_have_the_build(tmp_path: Path) -> None:
    matrix = made(
        tmp_path,
        ("front", "1.0", ANY),
        ("front", "2.0", asks('back: ">=0.4"')),
        ("back", "1.0", LINUX.format("cp312")),
    )

    answer = ask("A100", driver="580", torch="2.14.1+cu130", python="3.13", with_="front==2.0", matrix=matrix)  # fmt: skip

    assert answer.exit_code == 2
    message = "whether a release before back 1.0 has one is not on record"
    assert message in why_not(answer, "2.14.1+cu130")


@pytest.mark.parametrize(("platform", "runs"), [("linux-x86_64", False), ("linux-aarch64", True)])
def test_a_pin_of_some_platforms_binds_on_these_alone(
    platform: str, runs: bool, tmp_path: Path
) -> None:
    matrix = made(
        tmp_path,
        ("front", "1.0", f'{asks("torchcodec: 0.8.0")}, pins_on: {{torchcodec: "linux-x86_64"}}'),
        ("front", "0.1", ANY),
    )
    answer = ask("H100", platform=platform, torch="2.9.1+cu128", python="3.14", with_="front==1.0", matrix=matrix)  # fmt: skip

    assert bool(answer.plans) is runs


@pytest.mark.parametrize("pins_on", ['other: "linux-x86_64"', 'back: "linux"', 'back: ""'])
def test_the_platforms_of_a_pin_are_checked(pins_on: str, tmp_path: Path) -> None:
    rest = f"{asks('back: 1.0')}, pins_on: {{{pins_on}}}"
    text = ROW.format("front", "1.0", rest, "front", "1.0")

    assert faults(tmp_path, f"{HEADER}companion_builds:\n{text}", "companion_builds/front.yaml")


@pytest.mark.parametrize("python", ["3.14", "3.14t", "3.13"])
def test_flashinfer_where_all_that_it_asks_for_has_wheels(python: str) -> None:
    answer = ask("H100", driver="580", python=python, with_="flashinfer-python")

    assert [one.version for one in answer.plans[0].companions] == ["0.7.4"]


def test_flashinfer_where_what_it_asks_for_has_none() -> None:
    refused = ask("H100", driver="580", python="3.15", with_="flashinfer-python==0.7.4")

    assert refused.exit_code == 1
    assert "asks for cuda-tile >=1.4.0: cuda-tile 1.7.0 has no build for Python 3.15" in why_not(
        refused, "2.15.0+cu132"
    )
    windows = ask("RTX 4090", platform="windows", with_="nvidia-cutlass-dsl==4.7.0")
    assert "nvidia-cutlass-dsl-libs-base 4.7.0 has no build for windows-x86_64" in why_not(
        windows, "2.15.0+cu132"
    )


def test_sglang_on_arm_does_without_the_codec_that_it_pins_elsewhere() -> None:
    answer = ask("GH200", platform="linux-aarch64", with_="sglang==0.5.9", driver="580")

    assert best(answer) == "2.9.1+cu128"


@pytest.mark.parametrize(("platform", "plans"), [("windows", 0), ("linux-x86_64", 3), ("wsl", 3)])
def test_an_extra_for_the_gpu_is_for_the_systems_that_its_makers_name(
    platform: str, plans: int
) -> None:
    answer = ask("RTX 4090", platform=platform, with_="tensorflow")

    assert len(answer.plans) == plans
    if not plans:
        words = "has nothing for the GPU on windows: its makers name linux and wsl"
        assert words in why_not(answer, "2.15.0+cu132")
