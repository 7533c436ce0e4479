"""Recommendations for machines that are known by their facts."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Known, Reason, Source, Unavailable
from torch_doctor.core.records import DeviceNode, Gpu, Package
from torch_doctor.core.report import Verdict
from torch_doctor.core.version import DriverRelease, TorchVersion
from torch_doctor.recommendation.plans.apply import applied
from torch_doctor.recommendation.question.asked import QuestionError
from torch_doctor.recommendation.question.hosts import ServedHost

from tests.resting import rests_on
from tests.unit.recommendation.asking import MATRIX, ask, best, in_words, judge, recorded

CASE = Source("file", "case")
HEALTHY = ("h100-580-cu130", "rtx4090-580-cu128", "a100-535-cu126")


@pytest.mark.parametrize("name", HEALTHY)
def test_a_host_that_checks_clean_keeps_what_it_has(name: str) -> None:
    host = recorded(name)
    answer = ask(hosts=(host,), prefer="smallest-change")

    (plan,) = answer.plans
    assert plan.keeps
    assert not plan.changes
    assert plan.torch == host.facts.value("torch_version").public
    assert answer.exit_code == 0


@pytest.mark.parametrize("name", HEALTHY)
def test_newest_may_change_it_and_says_how(name: str) -> None:
    host = recorded(name)
    answer = ask(hosts=(host,))

    assert not answer.plans[0].keeps
    assert f"replace torch {host.facts.value('torch_version')} by {best(answer)}" in in_words(
        answer
    )
    assert judge(applied(host.facts, answer.plans[0], MATRIX)).verdict in (
        Verdict.HEALTHY,
        Verdict.DEGRADED,
    )


def test_a_demand_that_the_installed_build_does_not_meet_changes_it() -> None:
    answer = ask(hosts=(recorded("h100-580-cu130"),), prefer="smallest-change", torch=">=2.13")

    assert best(answer) == "2.13.0+cu130"
    assert answer.plans[0].why == "the nearest to what is installed of all that runs"


def test_smallest_change_prefers_another_cuda_of_the_same_torch() -> None:
    version = Known(TorchVersion("2.9.1+cu130"), CASE)
    broken = recorded("a100-535-cu126", torch_version=version)
    host = ServedHost("node", broken.facts.without("torch_cuda", "arch_list"))

    answer = ask(hosts=(host,), prefer="smallest-change")

    assert best(answer) in ("2.9.1+cu128", "2.9.1+cu126")
    assert "replace torch 2.9.1+cu130" in in_words(answer)


def test_torchvision_moves_along_where_it_is_installed() -> None:
    packages = Known((Package("torch", "2.9.1+cu126"), Package("torchvision", "0.24.1")), CASE)

    plan = ask(hosts=(recorded("a100-535-cu126", packages=packages),), torch="2.8.0").plans[0]

    assert "torchvision==0.23.0" in plan.requirements


def test_a_host_without_a_driver_is_told_which_one() -> None:
    facts = recorded("h100-580-cu130").facts
    gone = dict.fromkeys(
        ("driver_release", "kernel_module", "nvml_status", "libcuda", "driver_cuda", "gpus"),
        Unavailable(Reason.NOT_PRESENT),
    )
    host = ServedHost(
        "node", facts.with_(**gone).without("device_nodes", "cuda_init", "driver_library_release")
    )

    answer = ask(hosts=(host,))

    assert best(answer) == "2.15.0+cu132"
    (change,) = [change for change in answer.plans[0].changes if change.scope == "host"]
    assert "580" in change.text
    assert change.needs_root


def test_a_driver_that_could_not_be_read_becomes_a_condition() -> None:
    facts = recorded("h100-580-cu130").facts.with_(
        driver_release=Unavailable(Reason.DENIED), driver_cuda=Unavailable(Reason.DENIED)
    )

    answer = ask(hosts=(ServedHost("node", facts),))

    assert "the driver must be 580.65.06 or newer: its release is not known" in in_words(answer)


@rests_on("TD116")
def test_what_else_is_wrong_with_the_host_is_said_with_its_cure() -> None:
    locked = tuple(
        DeviceNode(path, readable=False, writable=False)
        for path in ("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm")
    )
    host = recorded("h100-580-cu130", device_nodes=Known(locked, CASE))

    changes = ask(hosts=(host,)).plans[0].changes

    assert [change.text for change in changes if "/dev/nvidia" in change.text]
    assert judge(host.facts).verdict is Verdict.BROKEN


def test_one_answer_for_several_hosts() -> None:
    hosts = (recorded("h100-580-cu130"), recorded("a100-535-cu126"))

    answer = ask(hosts=hosts)

    assert best(answer) == "2.14.1+cu126"
    assert {change.host for change in answer.plans[0].changes} == {
        "h100-580-cu130",
        "a100-535-cu126",
    }
    assert "driver 535" in str([step.text for step in answer.relaxations]) or answer.relaxations


def test_hosts_of_different_architectures_share_a_version() -> None:
    arm = recorded("h100-580-cu130", host_arch=Known("aarch64", CASE))

    answer = ask(hosts=(recorded("h100-580-cu130"), arm))

    assert best(answer) == "2.15.0+cu132"
    assert {row.platform for row in answer.accepted[0].candidate.rows} == {
        "linux-x86_64",
        "linux-aarch64",
    }
    assert answer.plans[0].image is None


def test_what_is_typed_wins_over_what_was_read() -> None:
    host = recorded("a100-535-cu126")

    assert best(ask(hosts=(host,))) == "2.14.1+cu126"
    assert best(ask(hosts=(host,), driver="580")) == "2.15.0+cu132"
    assert best(ask(hosts=(host,), driver="580", python="3.10")) == "2.14.1+cu130"
    assert best(ask(hosts=(host,), glibc="2.17")) == "2.6.0+cu124"
    assert best(ask("V100", hosts=(host,))) == "2.14.1+cu126"
    assert best(ask(hosts=(host,), driver="450.80.02")) == "2.7.1+cu118"


def test_an_older_driver_than_the_one_that_listed_the_gpu_may_not_know_it() -> None:
    answer = ask(hosts=(recorded("h100-580-cu130"),), driver="470")

    assert answer.exit_code == 1


@pytest.mark.parametrize("gpus", [Known((), CASE), Unavailable(Reason.NOT_PRESENT)])
def test_a_host_without_gpus_has_no_answer(gpus: object) -> None:
    facts = recorded("h100-580-cu130").facts.without("pci_gpus", "kernel_module", "driver_release")

    with pytest.raises(QuestionError, match="no NVIDIA GPU was found on node"):
        ask(hosts=(ServedHost("node", facts.with_(gpus=gpus, pci_gpus=Known((), CASE))),))  # type: ignore[arg-type]


def test_a_gpu_that_nothing_is_known_about_cannot_be_decided() -> None:
    gpus = Known((Gpu(0, "NVIDIA Something New"),), Source("nvml"))
    host = ServedHost(
        "node", recorded("h100-580-cu130").facts.with_(gpus=gpus).without("kernel_results")
    )

    answer = ask(hosts=(host,))

    assert answer.exit_code == 2
    assert answer.undecided
    assert not answer.plans


def test_the_plan_is_applied_without_what_was_seen_of_the_old_torch() -> None:
    host = recorded("h100-580-cu130", cuda_available=Known(False, CASE))
    plan = ask(hosts=(host,)).plans[0]

    after = applied(host.facts, plan, MATRIX)

    assert str(after.value("torch_version")) == f"{plan.torch}+{plan.variant}"
    assert "cuda_available" not in after
    assert after.value("driver_release") == DriverRelease.parse("580.95.05")


@pytest.mark.parametrize("name", ["host_arch", "wsl"])
def test_a_platform_that_was_lost_must_be_named(name: str) -> None:
    host = recorded("h100-580-cu130")
    lost = ServedHost("node", host.facts.with_(**{name: Unavailable(Reason.TIMEOUT)}))

    with pytest.raises(QuestionError, match=r"platform of node could not be read.*--platform"):
        ask(hosts=(lost,))
    assert ask(hosts=(lost,), platform="linux-x86_64").plans


def test_a_system_that_was_lost_is_that_of_its_c_library() -> None:
    facts = recorded("h100-580-cu130").facts.with_(os_family=Unavailable(Reason.TIMEOUT))

    assert ask(hosts=(ServedHost("node", facts),)).plans


def test_a_platform_that_is_named_is_none_of_a_jetson() -> None:
    """What a user types is laid over all that was read of the platform."""
    facts = recorded("h100-580-cu130").facts.with_(
        jetson=Unavailable(Reason.DENIED), host_arch=Known("aarch64", CASE)
    )

    with pytest.raises(QuestionError, match="--platform"):
        ask(hosts=(ServedHost("node", facts),))
    assert ask(hosts=(ServedHost("node", facts),), platform="linux-aarch64").plans


def test_a_package_that_is_asked_for_and_not_there_is_installed_beside_the_torch_that_stays() -> (
    None
):
    host = recorded("h100-580-cu130")
    here = host.facts.value("torch_version").public

    plan = ask(hosts=(host,), prefer="smallest-change", with_="bitsandbytes").plans[0]

    assert not plan.keeps
    assert plan.torch == here
    assert any(text.startswith("bitsandbytes==") for text in plan.requirements)


def test_nothing_changes_only_where_what_is_asked_for_is_there_as_it_was_meant() -> None:
    torch = recorded("h100-580-cu130").facts.value("torch_version")
    goes = ask("H100", torch=torch.public, with_="torchvision").plans[0].companions[0].version
    packages = (Package("torch", str(torch)), Package("torchvision", goes or ""))
    host = recorded("h100-580-cu130", packages=Known(packages, CASE))

    assert ask(hosts=(host,), prefer="smallest-change", with_="torchvision").plans[0].keeps
    other = ask(hosts=(host,), prefer="smallest-change", with_=f"torchvision!={goes}").plans[0]
    assert not other.keeps
    assert f"torchvision=={goes}" not in other.requirements


def test_the_release_of_a_companion_that_is_there_stays_where_it_may() -> None:
    here = (Package("torch", "2.11.0+cu130"), Package("torchaudio", "2.11.0"))
    version = Known(TorchVersion("2.11.0+cu130"), CASE)
    host = recorded("h100-580-cu130", packages=Known(here, CASE), torch_version=version)

    least = ask(hosts=(host,), prefer="smallest-change", with_="bitsandbytes").plans[0]
    newest = ask(hosts=(host,), torch="2.11.0", with_="bitsandbytes").plans[0]

    assert "torchaudio==2.11.0" in least.requirements
    assert "torchaudio==2.11.1" in newest.requirements


def test_what_an_installer_keeps_for_its_number_is_put_again_from_the_other_index() -> None:
    here = (Package("torch", "2.11.0+cu130"), Package("torchvision", "0.26.0"))
    version = Known(TorchVersion("2.11.0+cu130"), CASE)
    host = recorded("h100-580-cu130", packages=Known(here, CASE), torch_version=version)

    same = ask(hosts=(host,), torch="2.11.0+cu128").plans[0]
    another = ask(hosts=(host,), torch="2.10.0+cu130").plans[0]

    again = [change for change in same.changes if "torchvision" in change.text]
    assert again
    assert "reinstall" in again[0].commands[0]
    assert not [change for change in another.changes if "torchvision" in change.text]
