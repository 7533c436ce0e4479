"""The answers in docs/triage.md are the real ones. ``UPDATE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from torch_doctor.cli.main import run

from tests.resting import rests_on

PAGE = Path(__file__).parents[2] / "docs" / "triage.md"
PAIR = re.compile(r"````text report\n(.*?)````\n\n````markdown answer\n(.*?)````", re.DOTALL)
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the checkout")
VERDICTS = ("broken", "broken", "broken", "healthy", "undecided")


def answer(report: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = folder / "report.txt"
    path.write_text(report, encoding="utf-8")
    run(["triage", str(path), "--format", "markdown"])
    # the date of the matrix moves on; the answers need not
    return re.sub(r", matrix \d{4}-\d\d-\d\d", "", capsys.readouterr().out)


@rests_on("TD120", "TD201", "TD601")
def test_every_answer_is_real(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = PAIR.findall(page)
    real = [answer(report, tmp_path, capsys) for report, _ in found]
    if os.environ.get("UPDATE_GOLDEN"):
        for (report, old), new in zip(found, real, strict=True):
            pair = "````text report\n{}````\n\n````markdown answer\n{}````"
            page = page.replace(pair.format(report, old), pair.format(report, new))
        PAGE.write_text(page, encoding="utf-8")
        found = PAIR.findall(page)

    assert [written for _, written in found] == real
    titles = [re.match(r"### torch-doctor: ([\w-]+)", text) for text in real]
    assert tuple(title and title[1] for title in titles) == VERDICTS
