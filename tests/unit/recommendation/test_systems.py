"""What its makers have for Linux alone is no plan for Windows, whatever its wheel installs on."""

from __future__ import annotations

import pytest

from tests.unit.recommendation.asking import ask, best, steps, why_not


@pytest.mark.parametrize("asked", ["flashinfer-python", "flashinfer-cubin", "sglang==0.4.0"])
def test_a_wheel_that_installs_anywhere_is_no_build_for_windows(asked: str) -> None:
    answer = ask("RTX 3090", platform="windows", driver="581", python="3.11", with_=asked)

    assert (answer.plans, answer.exit_code) == ((), 1)
    package = asked.partition("=")[0]
    reasons = {reason.message for item in answer.rejected for reason in item.reasons}
    assert any(f"{package} " in one and "not made for windows" in one for one in reasons)


def test_no_older_release_is_taken_to_get_round_it() -> None:
    answer = ask("RTX 3090", platform="windows", driver="581", with_="flashinfer-python==0.5.3")

    assert (answer.plans, answer.exit_code) == ((), 1)
    assert "its makers name linux and wsl" in why_not(answer, "2.15.0+cu132")


@pytest.mark.parametrize("platform", ["linux-x86_64", "linux-aarch64", "wsl"])
def test_linux_has_it_as_before(platform: str) -> None:
    answer = ask("RTX 3090", platform=platform, driver="580", with_="flashinfer-python")

    assert best(answer) == "2.15.0+cu132"


@pytest.mark.parametrize("package", ["torchao", "deepspeed", "torchdata", "bitsandbytes"])
def test_what_its_makers_have_for_windows_stays_a_plan(package: str) -> None:
    assert best(ask("RTX 3090", platform="windows", driver="581", with_=package)) == "2.15.0+cu132"


def test_wsl_is_the_way_out_and_the_plan_there_is_the_one_named() -> None:
    asked = {"driver": "581.57", "python": "3.12", "with_": "flashinfer-python"}
    refused = ask("RTX 4090", platform="windows", **asked)
    there = ask("RTX 4090", platform="wsl", **asked)

    assert steps(refused)["platform"] == f"torch {best(there)}"


def test_linux_is_not_told_of_wsl() -> None:
    answer = ask("RTX 4090", driver="535", with_="vllm==0.33.0")

    assert not answer.plans
    assert "platform" not in steps(answer)
