"""A text that proves a failure is never called healthy, in the smallest report that has GPU, driver and build."""

from __future__ import annotations

import pytest
from torch_doctor.core.report import Report, Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

from tests.texts import text_for

MATRIX = load_matrix()
PATTERNS = [
    pytest.param(text_for(pattern), row.harmless, id=f"{row.id}-{number}")
    for row in MATRIX.signatures
    for number, pattern in enumerate(row.patterns)
]
FINE = """I have an NVIDIA A100-SXM4-80GB.
NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0
torch 2.9.1+cu128
"""


def report_on(text: str) -> Report:
    return diagnose(read_text(text, "report", MATRIX), MATRIX)


def test_the_report_without_a_failure_is_healthy() -> None:
    assert report_on(FINE).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(("text", "harmless"), PATTERNS)
def test_no_text_of_a_failure_ends_in_healthy(text: str, harmless: str | None) -> None:
    for line in (text, f"RuntimeError: {text}"):
        report = report_on(f"{FINE}\n{line}\n")

        assert harmless or report.verdict is not Verdict.HEALTHY
        assert report.primary or report.why or report.verdict is Verdict.HEALTHY


def test_a_failure_that_no_rule_explains_is_named_with_its_text() -> None:
    listed = "GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-5d4c3b2a-1908-4f7e-8d6c-5b4a39281706)"
    failed = "NVRM: GPU 0000:17:00.0: RmInitAdapter failed! (0x24:0xffff:1423)"
    report = report_on(f"{FINE}{listed}\n{failed}\n")

    assert report.verdict is Verdict.UNDECIDED
    assert "RmInitAdapter failed" in report.why[-1].text
