"""The explorer: what the page says is what the law says, in a real browser; and it is small, quick and readable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.explorer.numbered import number
from torch_doctor.explorer.page import embedded

from tests.browser import needs_axe, serious_faults
from tests.unit.explorer.samples import queried, questions

CELLS = 2000


@pytest.fixture
def tab(chromium: Any, explorer: Path) -> Any:
    """The page, open; an error in its script or anything that it asks of the network fails the test."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda one: wrong.append(one.url) if one.url[:5] not in ("file:", "blob:") else None,
    )
    page.goto(explorer.as_uri())
    yield page
    page.close()
    assert not wrong


def test_every_cell_is_what_matrix_query_says(tab: Any, doc: dict[str, Any]) -> None:
    asked = questions(doc, CELLS)
    said = tab.evaluate("asked => asked.map(explorer)", asked)

    wrong = []
    for question, answer in zip(asked, said, strict=True):
        expected = queried(question)
        shown = {name: answer.get(name) for name in expected}
        if shown != expected:
            wrong.append((question, shown, expected))
    assert not wrong[:3], len(wrong)
    answers = [answer.get("runs", "impossible") for answer in said]
    assert {"yes", "no", "unknown", "impossible"} == set(answers), "the sample shows every kind"


def test_companions_are_what_matrix_query_says(tab: Any, doc: dict[str, Any]) -> None:
    """What the page knows it knows as the query does; where it does not, it says unknown."""
    asked = [
        {**question, "driver": "", "python": "", "with": doc["with"]["packages"][place % 10]}
        for place, question in enumerate(questions(doc, 400, seed=8))
    ]
    said = tab.evaluate("asked => asked.map(explorer)", asked)

    for question, answer in zip(asked, said, strict=True):
        expected = queried(question)
        if answer.get("runs") != "unknown":
            assert answer.get("runs") == expected.get("runs"), question
    known = [answer for answer in said if answer.get("runs") in ("yes", "no")]
    assert len(known) > 200
    assert any(answer["beside"] for answer in known if answer["runs"] == "yes")


def test_the_table_shows_the_cells(tab: Any, explorer: Path) -> None:
    tab.goto(f"{explorer.as_uri()}#gpu=V100&driver=535")
    tab.reload()
    button = tab.locator('[data-build="2.15.0+cu132"]').first

    assert button.text_content() == "✗"
    assert "older than 580.65.06" in button.get_attribute("title")
    assert tab.locator("#answer").text_content() == (
        "The newest torch that runs on V100 under driver 535 is 2.14.1+cu126."
    )
    button.click()
    assert "driver 535.309.01 is older than 580.65.06" in tab.locator("#detail").text_content()
    assert "build=2.15.0%2Bcu132" in tab.url, "the link holds what was chosen"


def test_impossible_choices_are_dimmed_with_their_reason(tab: Any) -> None:
    tab.locator("#common button", has_text="GH200").click()

    dimmed = tab.locator("#platform option:disabled").all_text_contents()
    assert "Windows" in dimmed
    assert "only in a host of platform linux-aarch64" in tab.locator("#impossible").text_content()
    assert tab.locator("#platform").input_value() == "linux-aarch64"


def test_keys_walk_over_the_cells(tab: Any) -> None:
    tab.locator("#grid td button").first.focus()
    tab.keyboard.press("ArrowDown")
    below = tab.evaluate("document.activeElement.dataset.build")
    tab.keyboard.press("Enter")

    assert below == tab.evaluate("document.querySelector('#detail h2').textContent").removeprefix(
        "torch "
    )


def test_what_is_saved_is_what_is_shown(tab: Any) -> None:
    with tab.expect_download() as saved:
        tab.locator("#save-csv").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    shown = tab.locator("#grid td button").count()

    assert text.startswith("torch,variant,cuda,runs,min_driver,beside,reasons,sources")
    assert text.count("\n") == shown + 1


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_over_the_edge(tab: Any, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})

    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(tab: Any, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)

    assert serious_faults(tab) == []


def test_it_is_usable_within_a_second(chromium: Any, explorer: Path) -> None:
    """Of three loads the quickest counts: the machine may have other work."""
    took = []
    for _ in range(3):
        page = chromium.new_page()
        page.goto(explorer.as_uri())
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        page.close()

    assert min(took) <= 1000


def test_the_page_is_one_small_file(explorer: Path) -> None:
    text = explorer.read_text(encoding="utf-8")

    assert explorer.stat().st_size <= 1_500_000
    assert not re.search(r"<(?:link|img|script)[^>]+(?:href|src)=", text), "it names no other file"
    assert "{{" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_no_text_ends_the_data() -> None:
    assert "<" not in embedded({"name": "</script><script>alert(1)</script>"})


def test_numbers_compare_as_releases_do() -> None:
    releases = [(535,), (535, 54), (535, 54, 3), (535, 104, 5), (535, 999), (545, 23, 6)]

    assert sorted(releases, key=number) == sorted(releases)
