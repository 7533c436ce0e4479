"""What is said to somebody who was given no GPU, and to somebody who has tried what would have been told."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Action, Finding, Fix, Severity
from torch_doctor.core.records import Gpu
from torch_doctor.fixes import kinds
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.questions.afterwards import next_question, standing_alone
from torch_doctor.fixes.requests import requested


def facts(**known: Any) -> Facts:
    return Facts({name: Known(value, Source("file", "case")) for name, value in known.items()})


def finding(cause: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding("TD001", "x", cause, severity, "driver", "it fails")


@pytest.mark.parametrize(
    ("cause", "known", "asked"),
    [
        ("no-driver-or-module", {"scheduler": "slurm"}, kinds.AskScheduler("slurm")),
        ("unexplained", {"scheduler": "ray"}, kinds.AskScheduler("ray")),
        ("no-driver-or-module", {"notebook_service": "colab"}, kinds.ChooseRuntime("colab")),
        ("cpu-only-torch-build", {"notebook_service": "kaggle"}, kinds.ChooseRuntime("kaggle")),
        ("cpu-only-torch-build", {"scheduler": "slurm"}, None),
        ("gpu-arch-not-in-wheel", {"notebook_service": "colab"}, None),
        ("no-driver-or-module", {"scheduler": "slurm", "gpus": (Gpu(0, "NVIDIA A100"),)}, None),
        ("no-driver-or-module", {}, None),
    ],
)
def test_who_may_have_asked_for_no_gpu(
    cause: str, known: dict[str, Any], asked: Action | None
) -> None:
    assert requested(finding(cause), facts(**known)) == (() if asked is None else (asked,))


def test_a_note_asks_for_nothing() -> None:
    known = facts(scheduler="slurm")

    assert requested(finding("no-driver-or-module", Severity.NOTE), known) == ()


@pytest.mark.parametrize(
    ("tried", "system", "command"),
    [
        (kinds.RestartContainer("with GPUs"), "linux", "docker run --rm --gpus all"),
        (kinds.UnsetVariable("CUDA_VISIBLE_DEVICES", "x"), "linux", "CUDA_VISIBLE_DEVICES"),
        (kinds.Reboot("x"), "linux", "dmesg"),
        (kinds.Reboot("x"), "windows", "Get-WinEvent"),
    ],
)
def test_what_leads_on_after_it_was_tried(tried: Action, system: str, command: str) -> None:
    question = next_question((tried,), Person(system=system))

    assert command in question.commands[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("reboot if that does not help (or stop every program)", "reboot (or stop every program)"),
        ("or, on a host of your own, start it", "start it"),
        ("then update the driver", "update the driver"),
        ("order a board", "order a board"),
    ],
)
def test_a_first_cure_leans_on_none(text: str, alone: str) -> None:
    assert standing_alone(Fix(text)).text == alone
