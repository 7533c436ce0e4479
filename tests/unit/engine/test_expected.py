"""What a user expects of a host: where the fact that would tell was lost, the answer is not known, and never "no"."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Known, Reason, Source, Unavailable
from torch_doctor.core.records import KernelResult
from torch_doctor.core.report import Report, Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix

from tests.resting import rests_on
from tests.rules.cases import host_facts

MATRIX = load_matrix()
SOURCE = Source("user", "a test")
RAN = (KernelResult(0, ok=True, name="NVIDIA H100 80GB HBM3"),)


def report_on(lost: str, **known: Any) -> Report:
    facts = host_facts("h100-580-cu130").with_(
        **{name: Known(value, SOURCE) for name, value in known.items()},
        **{lost: Unavailable(Reason.TIMEOUT)},
    )
    return diagnose(facts, MATRIX)


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        pytest.param("torch_version", {"required_builds": ("2.8",)}, marks=rests_on("TD425")),
        pytest.param("torch_cuda", {"required_builds": ("cu128",)}, marks=rests_on("TD425")),
        pytest.param("gpus", {"required_gpu_names": ("A100",)}, marks=rests_on("TD206")),
    ],
)
def test_a_lost_fact_is_asked_for_although_a_kernel_ran(
    lost: str, expected: dict[str, Any]
) -> None:
    report = report_on(lost, kernel_results=RAN, **expected)

    assert report.verdict is Verdict.UNDECIDED
    assert lost in [gap.fact for gap in report.why]


@rests_on("TD425")
def test_what_does_not_depend_on_it_is_certain() -> None:
    report = report_on("torch_cuda", required_builds=("1.13",))

    assert report.verdict is Verdict.BROKEN
    assert "TD425" in [finding.code for finding in report.findings]


def test_without_an_expectation_the_kernel_answers() -> None:
    assert report_on("gpus", kernel_results=RAN).verdict in (Verdict.HEALTHY, Verdict.DEGRADED)
