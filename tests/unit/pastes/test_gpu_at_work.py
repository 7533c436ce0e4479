"""A GPU that is seen at work belongs to a build that reaches it, whatever the default index has for the system."""

from __future__ import annotations

import pytest
from torch_doctor.api import triage

MACHINE = "Windows 11, RTX 3060, torch 2.5.1."


@pytest.mark.parametrize(
    ("words", "is_at_work"),
    [
        ("The first x.cuda() takes 30 seconds.", True),
        ("While training the GPU is at 45 %.", True),
        ("GPU load 60% during inference.", True),
        ("While training the GPU is at 3 %.", False),
        ("net.cuda() is called, and training is slow on the CPU.", False),
        ("y = x.cuda() is slow, then AssertionError.", False),
    ],
)
def test_what_works_is_no_build_for_the_cpu(words: str, is_at_work: bool) -> None:
    report = triage(f"{MACHINE}\n{words}")

    assert ("TD402" in {finding.code for finding in report.findings}) != is_at_work
