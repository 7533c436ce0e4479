"""One library under several names, one for each CUDA: the name that serves is told."""

from __future__ import annotations

import pytest
from torch_doctor.recommendation.solving.companions.twins import ports, twins

from tests.unit.recommendation.asking import MATRIX, ask, why_not


@pytest.mark.parametrize(
    ("package", "named"),
    [
        ("tensorrt", ("tensorrt-cu13", "tensorrt-cu12")),
        ("tensorrt-cu13", ("tensorrt-cu12",)),
        ("cupy-cuda12x", ("cupy-cuda13x",)),
        ("jax-cuda13-plugin", ("jax-cuda12-plugin",)),
        ("tensorrt-cu12-bindings", ("tensorrt-cu13-bindings",)),
        ("vllm", ()),
    ],
)
def test_packages_of_one_name_for_several_cudas(package: str, named: tuple[str, ...]) -> None:
    assert twins(package, MATRIX) == named


def test_the_plain_name_ends_where_its_releases_went_over_to_the_next_cuda() -> None:
    plan = ask("A100", driver="550", with_=("tensorrt",), limit=1).plans[0]
    (package,) = plan.companions

    assert (package.version, plan.cuda) == ("10.13.0.35", "12.6")
    assert "--with tensorrt-cu12 has it in the plan" in "\n".join(plan.notes)
    newer = ask("A100", driver="580", with_=("tensorrt",), limit=1).plans[0]
    assert newer.companions[0].version == "11.4.0.106"
    assert "in the plan" not in "\n".join(newer.notes)


def test_where_the_plain_name_has_nothing_the_other_is_a_step() -> None:
    answer = ask("A100", driver="550", python="3.14", with_=("tensorrt",))

    assert not answer.plans
    assert answer.relaxations[0].text == "tensorrt-cu12 in place of tensorrt"
    assert "2.14.1+cu126" in answer.relaxations[0].unlocks


def test_the_plain_name_has_wheels_for_the_pythons_of_what_it_pins() -> None:
    answer = ask("A100", driver="550", with_=("tensorrt==10.9.0.34",), limit=1)
    assert answer.plans[0].python[-1] == "cp313"  # as its bindings have


def test_the_name_of_a_port_to_the_system_is_a_step() -> None:
    here = ask("RTX 4090", driver="581.80", platform="windows", with_=("triton",))
    there = ask("GH200", driver="580", with_=("xformers",))

    assert not here.plans and here.relaxations[0].text == "triton-windows in place of triton"
    assert (ports("triton", MATRIX), ports("xformers", MATRIX)) == (("triton-windows",), ())
    assert not any("-windows" in step.text for step in there.relaxations)


@pytest.mark.parametrize(
    "pair",
    [
        ("cupy-cuda12x", "cupy-cuda13x"),
        ("tensorrt-cu12", "tensorrt-cu13"),
        ("sgl-kernel", "sglang-kernel"),
    ],
)
def test_what_writes_the_same_files_cannot_be_had_together(pair: tuple[str, str]) -> None:
    answer = ask("A100", with_=pair)

    assert answer.exit_code == 1
    assert f"{pair[0]} and {pair[1]} write the same files" in why_not(answer, "2.14.1+cu126")


@pytest.mark.parametrize("pair", [("tensorrt-cu12", "tensorrt-cu12-bindings"), ("cupy-cuda12x",)])
def test_one_of_them_with_what_it_pins_can(pair: tuple[str, ...]) -> None:
    assert ask("A100", with_=pair).exit_code == 0


@pytest.mark.parametrize(
    ("pair", "build", "pinned"),
    [
        (("vllm==0.3.3", "cupy-cuda13x"), "2.1.2+cu121", "vllm 0.3.3 pins cupy-cuda12x"),
        (("tensorrt", "tensorrt-cu12"), "2.14.1+cu130", "pins tensorrt-cu13"),
    ],
)
def test_what_another_package_pins_may_write_them(
    pair: tuple[str, str], build: str, pinned: str
) -> None:
    answer = ask("A100", with_=pair)

    assert answer.exit_code == 2
    assert f"{pinned}, which writes the same files as" in why_not(answer, build)
