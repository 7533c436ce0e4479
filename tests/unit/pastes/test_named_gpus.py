"""A GPU that words name is none that the driver listed: whether the driver knows it is judged."""

from __future__ import annotations

import pytest
from torch_doctor.api import triage

LISTED = "GPU 0: NVIDIA L40S (UUID: GPU-00000000-1111-2222-3333-444444444444)"


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("My H200 gives False. Driver 515.65.01, torch 2.6.0+cu124", "525.60.13"),
        ("RTX 5080, driver 565.57.01, torch 2.7.1+cu128: torch.cuda.is_available() False", "570"),
        ("L4 with driver 460.32.03, torch 2.0.1+cu118, is_available() is False", "520"),
    ],
)
def test_a_driver_older_than_the_gpu_that_words_name(text: str, driver: str) -> None:
    report = triage(text)

    assert report.primary is not None
    assert report.primary.code == "TD121"
    assert f"{driver} or newer" in report.primary.fixes[0].text
    (seen,) = [item for item in report.primary.evidence if item.fact == "gpus"]
    assert seen.source.kind == "words"


@pytest.mark.parametrize(
    "text",
    [
        f"$ nvidia-smi -L\n{LISTED}\nNVIDIA driver 470.57.02, torch 1.13.1+cu117, works",
        ">>> torch.cuda.get_device_name(0)\n'NVIDIA L40S'\ndriver 470.57.02, torch 1.13.1+cu117",
    ],
)
def test_a_gpu_that_the_driver_listed_is_known_to_it(text: str) -> None:
    report = triage(text)

    assert report.facts["gpus"].source.kind == "report"
    assert "TD121" not in {finding.code for finding in report.findings}
