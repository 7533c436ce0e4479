"""The Python API: names that stay what they are, whatever else is imported, and that a type checker knows."""

from __future__ import annotations

import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch_doctor
from torch_doctor.core.report import Verdict

from tests.resting import rests_on
from tests.unit.pastes import reports

CALLS = ("check", "compare", "lint", "load", "lock", "recommend", "require", "triage")
PACKAGE = Path(torch_doctor.__file__).parent
# Scripts for children, and the command itself: both do their work when they are run.
RUN = ("torch_doctor.probes.payloads._", "torch_doctor.__main__")
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages([str(PACKAGE)], "torch_doctor.")
    if not found.name.startswith(RUN)
)
TWICE = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import torch_doctor
from torch_doctor import *
for _ in range(2):
    assert torch_doctor.check(facts=torch_doctor.triage("torch 2.9").facts).verdict.value == "undecided"
    assert torch_doctor.recommend("A100", platform="linux-x86_64").plans
    assert torch_doctor.lint([]).flaws == ()
    assert isinstance(triage("CUDA error: out of memory"), Report)
print("done")
"""


def test_no_module_has_the_name_of_a_function() -> None:
    taken = [name for name in CALLS if importlib.util.find_spec(f"torch_doctor.{name}")]

    assert not taken, "importing it would replace the function on the package"


@pytest.mark.parametrize(
    "imported",
    [
        [],
        MODULES,
        MODULES[::-1],
        ["torch_doctor.recommendation.answer", "torch_doctor.pastes.read"],
    ],
    ids=["nothing", "everything", "everything backwards", "the rooms behind them"],
)
def test_the_names_survive_every_import(imported: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWICE, *imported], capture_output=True, text=True, check=False
    )

    assert done.stdout == "done\n", done.stderr


def test_the_package_names_its_api() -> None:
    types = [
        "Answer",
        "Expectations",
        "FactsError",
        "Options",
        "Report",
        "RequirementError",
        "Severity",
    ]
    names = [*types, "__version__", *CALLS]
    assert dir(torch_doctor) == names
    assert torch_doctor.__all__ == dir(torch_doctor)
    with pytest.raises(AttributeError, match="no attribute 'cure'"):
        torch_doctor.cure  # noqa: B018


@rests_on("TD113")
def test_triage_returns_a_report() -> None:
    report = torch_doctor.triage(reports.API_MISMATCH, name="issue 7")
    again = torch_doctor.triage(reports.API_MISMATCH.encode("utf-16"), name="issue 7")

    assert isinstance(report, torch_doctor.Report)
    assert report.verdict is Verdict.BROKEN
    assert report == again
    assert any("issue 7" in item.source for item in report.findings[0].evidence)


@rests_on("TD113")
def test_a_report_is_json_and_html() -> None:
    report = torch_doctor.triage(reports.API_MISMATCH)

    assert report.to_json()["verdict"] == "broken"
    assert report.to_html().startswith("<!doctype html>")
    assert report._repr_html_().startswith("<style>")
    assert isinstance(report._replace(exit_code=0), torch_doctor.Report)


SCRIPT = """
from __future__ import annotations

import torch_doctor
from torch_doctor import Answer, Expectations, Options, Report, RequirementError, check, load, recommend, require, triage

report: Report = check(static=True)
name: str = report.verdict.value
message: str | None = report.primary.message if report.primary else None
codes: list[str] = [finding.code for finding in triage("torch 2.9").findings]
torch: list[str] = [plan.torch for plan in recommend(["A100", "V100"], driver="535").plans]
page: str = torch_doctor.check(facts=report.facts).to_html()
known: dict[str, object] = report.to_json()
version: str = torch_doctor.__version__
gated: Report = require(gpus=8, gpu="H100", build=["cu128"], proof="driver", options=Options(unknown_is_ok=True))
saved: Report = check(facts=load("host.json"), expectations=Expectations(gpus=8))
answer: Answer = recommend("A100")
values: dict[str, object] = answer.to_json()
try:
    require()
except RequirementError as error:
    words: tuple[str, str, Report] = (error.cause, error.cure, error.report)
"""
MISTAKES = {
    "check(statik=True)": "call-arg",
    "triage(7)": "arg-type",
    "check().verdikt": "attr-defined",
    "torch_doctor.cure()": "attr-defined",
    "torch_doctor.require(proof='deep')": "arg-type",
    "torch_doctor.load(7)": "arg-type",
}


def test_a_type_checker_knows_the_api(tmp_path: Path) -> None:
    assert (PACKAGE / "py.typed").is_file()
    script, wrong = tmp_path / "user.py", tmp_path / "mistaken.py"
    script.write_text(SCRIPT)
    head = "import torch_doctor\nfrom torch_doctor import check, triage\n"
    wrong.write_text(head + "\n".join(MISTAKES) + "\n")
    words = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--config-file=",
        "--cache-dir",
    ]
    done = subprocess.run(
        [*words, str(tmp_path / "cache"), str(script), str(wrong)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    found = [line for line in done.stdout.splitlines() if ": note: " not in line]

    assert not [line for line in found if "user.py" in line], done.stdout
    assert [line.rpartition("[")[2].rstrip("]") for line in found] == list(MISTAKES.values())
