"""A GPU that the makers of a package left out from some release on: an older release may serve it, a newer one does not."""

from __future__ import annotations

import pytest

from tests.unit.recommendation.asking import ask, best, in_words


@pytest.mark.parametrize("package", ["tensorrt", "tensorrt-cu12"])
def test_the_oldest_on_record_is_no_plan_where_only_older_ones_serve(package: str) -> None:
    answer = ask("Tesla P40", driver="570", with_=package)

    assert (answer.plans, answer.exit_code) == ((), 2)
    briefs = {reason.brief for item in answer.undecided for reason in item.reasons}
    assert any("are not on record: since 10.0 it asks for GPUs of 7.0" in one for one in briefs)


@pytest.mark.parametrize("gpu", ["Tesla V100-SXM2-16GB", "TITAN V"])
@pytest.mark.parametrize("package", ["tensorrt", "tensorrt-cu12"])
def test_the_last_release_before_the_end_of_volta_serves_it(gpu: str, package: str) -> None:
    answer = ask(gpu, driver="570", python="3.12", with_=package)

    assert best(answer) == "2.14.1+cu126"
    assert [one.requirement for one in answer.plans[0].companions] == [f"{package}==10.4.0"]
    assert "is newer" not in in_words(answer), "newer ones leave the GPU out"


@pytest.mark.parametrize("package", ["tensorrt==11.2.1.2", "tensorrt-cu12==10.11.0.33"])
def test_a_release_after_the_end_of_volta_is_a_no(package: str) -> None:
    answer = ask("Tesla V100-SXM2-16GB", driver="570", with_=package)

    assert (answer.plans, answer.exit_code) == ((), 1)


@pytest.mark.parametrize("gpu", ["T4", "A100", "RTX 5090"])
def test_newer_gpus_have_it_as_before(gpu: str) -> None:
    answer = ask(gpu, driver="580", with_="tensorrt")

    assert best(answer) == "2.15.0+cu132"


def test_what_a_package_imports_and_does_not_ask_for_is_in_the_plan() -> None:
    answer = ask("L4", driver="550", python="3.10", with_="detectron2")

    assert [one.name for one in answer.plans[0].companions] == ["detectron2", "torchvision"]
    assert any("imports torchvision" in note for note in answer.constraints.notes)
    assert "the package index has no detectron2" in in_words(answer)


def test_who_asks_for_it_too_is_told_nothing_of_it() -> None:
    answer = ask("L4", driver="550", python="3.10", with_=("detectron2", "torchvision==0.17.2"))

    assert best(answer).startswith("2.2.2+")
    assert not any("imports torchvision" in note for note in answer.constraints.notes)


def test_a_package_that_asks_for_all_that_it_imports_stands_alone() -> None:
    answer = ask("L4", driver="550", python="3.10", with_="pytorch3d")

    assert [one.name for one in answer.plans[0].companions] == ["pytorch3d"]


@pytest.mark.parametrize(
    ("package", "gpu", "code"),
    [
        ("tensorrt==10.7.0", "RTX 5090", 1),
        ("tensorrt==10.8.0.43", "RTX 5090", 0),
        ("tensorrt-cu12==10.4.0", "B200", 1),
        ("tensorrt==10.7.0", "H100", 0),
    ],
)
def test_a_gpu_that_came_after_a_release_is_a_no(package: str, gpu: str, code: int) -> None:
    assert ask(gpu, driver="580", python="3.12", with_=package).exit_code == code


@pytest.mark.parametrize(
    ("gpu", "package", "requirement"),
    [
        ("Tesla V100-SXM2-16GB", "causal-conv1d", "causal-conv1d==1.6.1"),
        ("Tesla T4", "causal-conv1d", "causal-conv1d==1.7.0"),
        ("Tesla V100-SXM2-16GB", "mamba-ssm", "mamba-ssm==2.3.1"),
        ("A100", "mamba-ssm", "mamba-ssm==2.3.2.post1"),
    ],
)
def test_a_source_compiles_for_the_gpus_that_its_release_names(
    gpu: str, package: str, requirement: str
) -> None:
    answer = ask(gpu, driver="580", python="3.12", with_=package)

    assert [one.requirement for one in answer.plans[0].companions] == [requirement]


@pytest.mark.parametrize(
    ("gpu", "package"),
    [
        ("Tesla P100-PCIE-16GB", "mamba-ssm"),
        ("Tesla V100-SXM2-16GB", "causal-conv1d==1.7.0"),
        ("RTX 5090", "causal-conv1d==1.5.0.post8"),
    ],
)
def test_a_gpu_that_no_source_is_compiled_for_is_a_no(gpu: str, package: str) -> None:
    answer = ask(gpu, driver="580", python="3.12", with_=package)

    assert (answer.plans, answer.exit_code) == ((), 1)
