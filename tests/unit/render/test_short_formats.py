"""The forms that other programs keep: one line of at most 80 characters, and words that jobs ask for."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.version import ComputeCapability, CudaVersion
from torch_doctor.render.formats import features, line

from tests.golden.reports import REPORTS

SOURCE = Source("nvml")


@pytest.mark.parametrize("name", REPORTS)
def test_one_line_of_ascii_that_no_terminal_obeys(name: str) -> None:
    for form in (line, features):
        text = form.render(REPORTS[name]())

        assert text.endswith("\n")
        assert text[:-1].isascii()
        assert text[:-1].isprintable() or text == "\n"
    assert len(line.render(REPORTS[name]())) <= 81


def test_a_code_comes_first_where_the_exit_code_is_1_and_only_there() -> None:
    for make in REPORTS.values():
        report = make()
        begins = line.render(report)[:2] == "TD"

        assert begins is (report.exit_code == 1)
    assert line.render(REPORTS["healthy"]()) == "healthy\n"
    assert line.render(REPORTS["undecided"]()).startswith("undecided: ")


def report_of(verdict: Verdict, code: int, *gpus: Gpu, driver: str | None = None) -> Report:
    known = {"gpus": Known(gpus, SOURCE)}
    if driver:
        known["driver_cuda"] = Known(CudaVersion.parse(driver), SOURCE)  # type: ignore[assignment]
    finding = Finding("TD204", "n", None, Severity.WARNING, "s", "m")
    return Report(
        verdict, (finding,), (), Facts(known), Judgement(Status.UNKNOWN), exit_code=code
    )  # fmt: skip


def test_features_are_what_is_known() -> None:
    h100, a100, unknown = (
        Gpu(0, compute_capability=ComputeCapability(9, 0)),
        Gpu(1, compute_capability=ComputeCapability(8, 0)),
        Gpu(2),
    )

    well = report_of(Verdict.DEGRADED, 0, h100, a100, a100, unknown, driver="12.4")
    assert features.render(well) == "torch_ok,cuda11,cuda12,cc80,cc90\n"
    gated = report_of(Verdict.DEGRADED, 1, h100, driver="13.0")
    assert features.render(gated) == "cuda11,cuda12,cuda13,cc90\n"
    for verdict in (Verdict.BROKEN, Verdict.UNDECIDED, Verdict.CPU_ONLY):
        assert "torch_ok" not in features.render(report_of(verdict, 0, h100, driver="13.0"))
    assert features.render(report_of(Verdict.UNDECIDED, 2)) == "\n"
