"""Six fixed reports in every format and at several widths, against files that are reviewed like code.

``UPDATE_GOLDEN=1 pytest tests/golden`` writes them anew.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest
from torch_doctor.cli.output.reporting import ENDINGS
from torch_doctor.render.formats import names
from torch_doctor.render.formats import text as screens

from tests.golden.reports import REPORTS

FOLDER = Path(__file__).parent / "expected"
# Each form's file ends as people would name it; the text is held at several widths instead.
FORMATS = {form: f".{form}" for form in names() if form != "text"}
FORMATS |= {form: ending for ending, form in ENDINGS.items() if form in FORMATS}
SCREENS = {
    "40": {"width": 40},
    "80": {"width": 80},
    "120": {"width": 120},
    "80.verbose": {"width": 80, "verbose": True},
    "80.quiet": {"width": 80, "quiet": True},
}


def compare(name: str, text: str) -> None:
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("form", FORMATS)
def test_format(report: str, form: str) -> None:
    compare(
        f"{report}{FORMATS[form]}",
        import_module(f"torch_doctor.render.formats.{form}").render(REPORTS[report]()),
    )


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("screen", SCREENS)
def test_screen(report: str, screen: str) -> None:
    compare(f"{report}.{screen}.txt", screens.render(REPORTS[report](), **SCREENS[screen]))


def test_nothing_is_left_over() -> None:
    expected = {f"{report}{ending}" for report in REPORTS for ending in FORMATS.values()}
    expected |= {f"{report}.{screen}.txt" for report in REPORTS for screen in SCREENS}

    assert {path.name for path in FOLDER.iterdir()} == expected
