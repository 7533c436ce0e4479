"""SARIF by the rules of npm's sarif-multitool, which code scanning goes by; skipped where it is not installed.

SARIF_MULTITOOL names the folder in which ``npm install @microsoft/sarif-multitool`` ran.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from torch_doctor.__main__ import main

from tests.lint.test_formats import answer, rendered

PLACE = os.environ.get("SARIF_MULTITOOL", "")
TOOL = Path(PLACE) / "node_modules" / ".bin" / "sarif-multitool"
pytestmark = pytest.mark.skipif(
    not (PLACE and TOOL.exists()),
    reason="needs SARIF_MULTITOOL (npm install @microsoft/sarif-multitool)",
)


def results(text: str, folder: Path) -> list[str]:
    """Return what the tool finds in a file of SARIF."""
    written, answered = folder / "a.sarif", folder / "told.sarif"
    written.write_text(text)
    subprocess.run(
        (TOOL, "validate", written, "--output", answered, "--log", "ForceOverwrite"),
        check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    found = json.loads(answered.read_text("utf-8-sig"))
    return [str(one["ruleId"]) for run in found["runs"] for one in run.get("results", ())]


def test_what_lint_says_is_sound(tmp_path: Path) -> None:
    assert answer().flaws
    assert results(rendered("sarif", answer()), tmp_path) == []


def test_what_triage_says_is_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "log.txt"
    report.write_text("torch: 2.6.0+cpu\nGPU: NVIDIA A100\nCUDA available: False\n")
    main(["triage", "--format", "sarif", str(report)])

    assert results(capsys.readouterr().out, tmp_path) == []


def test_the_tool_finds_what_is_wrong(tmp_path: Path) -> None:
    document = json.loads(rendered("sarif", answer()))
    document["runs"][0]["results"][0]["ruleIndex"] = 999

    assert results(json.dumps(document), tmp_path)
