"""Where there is no verdict, one command or fact would decide it, and the report names it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.version import DriverRelease, TorchVersion
from torch_doctor.diagnose import diagnose
from torch_doctor.fixes.questions.next_step import _STEPS
from torch_doctor.matrix.load import load_matrix

from tests.property.hosts import hosts
from tests.resting import rests_on

OF_A_REPORT, SEEN = Source("report", "r.txt"), Source("nvml", "nvml")
MATRIX = load_matrix()
GPU = (Gpu(0, "NVIDIA GeForce RTX 4090"),)
TORCH = TorchVersion("2.9.1+cu128")
DRIVER = DriverRelease.parse("580.65.06")


def report_on(source: Source = OF_A_REPORT, **known: Any) -> Report:
    facts: dict[str, Fact[Any]] = {}
    for name, value in known.items():
        lost = isinstance(value, Reason)
        facts[name] = Unavailable(value, "no answer", source) if lost else Known(value, source)
    return diagnose(Facts(facts), MATRIX)


def asked_of(report: Report) -> str:
    assert report.verdict is Verdict.UNDECIDED, report.findings
    assert report.next_step is not None
    return report.next_step.commands[0]


@pytest.mark.parametrize(
    ("known", "command"),
    [
        ({}, "python -m torch.utils.collect_env"),
        ({"os_family": "linux", "gpus": GPU}, "python -m torch.utils.collect_env"),
        ({"gpus": GPU, "driver_release": DRIVER},
         'python -c "import torch; print(torch.__version__'),
        ({"torch_version": TORCH}, "nvidia-smi"),
        ({"torch_version": TORCH, "gpus": GPU}, "nvidia-smi"),
        ({"torch_version": TORCH, "driver_release": DRIVER}, "nvidia-smi"),
        pytest.param({"torch_version": TORCH, "gpus": GPU, "driver_release": DRIVER,
          "python_executable": "/opt/x y/bin/python", "os_family": Reason.CRASHED,
          "host_arch": Reason.CRASHED}, '"/opt/x y/bin/python" -c "import platform', marks=rests_on("TD430")),
    ],
)  # fmt: skip
def test_the_command_that_tells_most_is_asked_for(known: dict[str, Any], command: str) -> None:
    assert asked_of(report_on(**known)).startswith(command)


def test_an_empty_report_asks_for_the_error_too() -> None:
    step = report_on().next_step

    assert step is not None
    assert step.text.startswith("nothing in it tells of a torch, a driver or a GPU: show the text")


def test_what_was_denied_or_too_slow_is_looked_at_again() -> None:
    known = {"torch_version": TORCH, "driver_release": DRIVER, "os_family": "linux",
            "host_arch": "x86_64"}  # fmt: skip
    assert asked_of(report_on(SEEN, **known, gpus=Reason.TIMEOUT)) == "torch-doctor --timeout 300"
    assert asked_of(report_on(SEEN, **known, gpus=Reason.DENIED)) == "sudo torch-doctor"
    assert asked_of(report_on(OF_A_REPORT, **known, gpus=Reason.DENIED)) == "nvidia-smi"


def test_an_unexplained_failure_asks_for_a_kernel() -> None:
    report = report_on(
        torch_version=TORCH,
        driver_release=DRIVER,
        gpus=GPU,
        os_family="linux",
        host_arch="x86_64",
        errors_seen=(ErrorSeen("CUDA error: the launch timed out and was terminated"),),
    )
    if report.verdict is Verdict.UNDECIDED:
        assert "torch.zeros" in asked_of(report)


def test_no_tool_of_linux_is_asked_for_on_windows() -> None:
    report = report_on(
        os_family="windows",
        torch_version=TORCH,
        gpus=GPU,
        driver_release=DriverRelease.parse("580.88"),
        libcuda=Reason.CRASHED,
    )
    if report.verdict is Verdict.UNDECIDED:
        assert "ldconfig" not in asked_of(report)


def test_every_step_tells_of_facts_that_there_are() -> None:
    for step in _STEPS:
        assert step.facts <= FACTS.keys(), step.command


LOSABLE = (
    "torch_version",
    "gpus",
    "driver_release",
    "os_family",
    "host_arch",
    "arch_list",
    "libcuda",
)


@given(hosts(), st.sets(st.sampled_from(LOSABLE)), st.sampled_from([None, *Reason]))
def test_an_undecided_report_has_a_next_step_and_no_other_has(
    facts: Facts, lost: set[str], reason: Reason | None
) -> None:
    changed = {name: Unavailable(reason) for name in lost} if reason else {}
    report = diagnose(facts.without(*lost).with_(**changed), MATRIX)

    assert (report.next_step is not None) == (report.verdict is Verdict.UNDECIDED)
    if report.next_step:
        assert report.next_step.text
        assert report.next_step.commands
