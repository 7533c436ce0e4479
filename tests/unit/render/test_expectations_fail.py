"""What is said of torch where a machine is only not as its user expects: torch is not said to fail there."""

from __future__ import annotations

import pytest
from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.report import Report, Verdict
from torch_doctor.render.view import answer
from torch_doctor.rules import load_rules

FEWER = Finding(
    "TD205", "x", "gpu-hardware", Severity.ERROR, "gpu", "8 GPUs required", of_expectation=True
)
DRIVER = Finding("TD120", "y", "driver-too-old-for-cuda-build", Severity.ERROR, "driver", "too old")


def verdict_of(
    *findings: Finding,
    status: Status = Status.SUPPORTED,
    ran: bool = False,
    kind: AboutKind = AboutKind.THIS_MACHINE,
) -> str:
    judgement = Judgement(status, observed=ran)
    return answer(
        Report(Verdict.BROKEN, findings, (), Facts({}), judgement, exit_code=1, about=About(kind))
    )


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            AboutKind.THIS_MACHINE,
            "PyTorch will run a kernel on the GPUs here, but not all is as expected.",
        ),
        (
            AboutKind.SAVED_MACHINE,
            "PyTorch will run a kernel on the GPUs of the saved machine, but not all is as expected.",
        ),
        (
            AboutKind.HYPOTHETICAL,
            "PyTorch would run a kernel on the GPUs of the machine as assumed, but not all is as expected.",
        ),
    ],
)
def test_torch_runs_where_the_law_says_so(kind: AboutKind, sentence: str) -> None:
    assert verdict_of(FEWER, kind=kind) == sentence


def test_torch_ran() -> None:
    sentence = "PyTorch ran a kernel on the GPUs here, but not all is as expected."

    assert verdict_of(FEWER, ran=True) == sentence


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.NOT_APPLICABLE])
def test_nothing_is_promised_where_the_law_is_silent(status: Status) -> None:
    assert verdict_of(FEWER, status=status) == "This machine is not as expected."


def test_another_error_is_what_counts() -> None:
    unsupported = verdict_of(FEWER, DRIVER, status=Status.UNSUPPORTED)

    assert unsupported == "PyTorch will not run on the GPUs here as things stand."
    assert verdict_of(FEWER, DRIVER._replace(explained_by="TD205")) == verdict_of(FEWER)


def test_a_kernel_that_ran_is_not_denied_beside_an_error() -> None:
    assert verdict_of(DRIVER, ran=True).startswith(
        "PyTorch ran a kernel on the GPUs here; what fails"
    )


def test_rules_that_ask_for_what_the_user_requires_are_expectations() -> None:
    of_expectation = [rule.name for rule in load_rules() if rule.needs.expectation]

    assert len(of_expectation) > 1
    assert not [
        name for name in of_expectation if "required" not in name and "expected" not in name
    ]
