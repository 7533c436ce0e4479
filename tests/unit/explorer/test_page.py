"""The explorer: what the page says is what the law says, in a real browser; and it is small, quick and readable."""

from __future__ import annotations

import json
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
    cells = tab.evaluate("asked => asked.map(explorer)", asked)

    wrong = []
    for question, answer in zip(asked, cells, strict=True):
        expected = queried(question)
        shown = {name: answer.get(name) for name in expected}
        if shown != expected:
            wrong.append((question, shown, expected))
    assert not wrong[:3], len(wrong)
    answers = [answer.get("runs", "impossible") for answer in cells]
    assert {"yes", "no", "unknown", "impossible"} == set(answers), "the sample shows every kind"


def test_companions_are_what_matrix_query_says(tab: Any, doc: dict[str, Any]) -> None:
    """What the page knows it knows as the query does; where it does not, it says unknown."""
    asked = [
        {**question, "driver": "", "python": "", "with": doc["with"]["packages"][place % 10]}
        for place, question in enumerate(questions(doc, 400, seed=8))
    ]
    cells = tab.evaluate("asked => asked.map(explorer)", asked)

    for question, answer in zip(asked, cells, strict=True):
        expected = queried(question)
        if answer.get("runs") != "unknown":
            assert answer.get("runs") == expected.get("runs"), question
    known = [answer for answer in cells if answer.get("runs") in ("yes", "no")]
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


def test_json_is_what_is_shown_with_what_was_chosen(tab: Any) -> None:
    tab.locator("#driver").fill("535")
    tab.locator("#driver").press("Tab")
    with tab.expect_download() as saved:
        tab.locator("#save-json").click()
    saved_json = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    marks = {"yes": "✓", "no": "✗", "unknown": "?"}

    assert saved_json["chosen"]["driver"] == "535"
    for one in saved_json["builds"]:
        shown = tab.locator(f'[data-build="{one["torch"]}+{one["variant"]}"]').first
        assert shown.text_content() == marks[one["runs"]]
        assert one["because"], "every answer names its rows"


@pytest.mark.parametrize("where", ["#best", "#detail"])
def test_what_is_copied_is_the_command(tab: Any, where: str) -> None:
    command = tab.locator(f"{where} .command pre, {where} > pre").first.text_content()
    tab.locator(f"{where} button").first.click()
    tab.wait_for_function("document.getElementById('done').textContent.endsWith('copied')")
    field = tab.locator("#gpu")
    field.fill("")
    field.focus()
    tab.keyboard.press("ControlOrMeta+V")

    assert command.startswith("python -m pip install ")
    assert field.input_value() == command


def test_two_releases_differ_in_what_their_rows_differ(tab: Any, doc: dict[str, Any]) -> None:
    rows = {(one[0], one[1]): one for one in doc["builds"]["linux-x86_64"]}
    tab.locator("#before").select_option("2.9.1")
    tab.locator("#after").select_option("2.10.0")
    code = {tag: [set(rows[torch, tag][4].split()) for torch in ("2.9.1", "2.10.0")] for tag in ("cu130", "cu128")}  # fmt: skip

    for tag, (before, after) in code.items():
        line = tab.locator("#diff tbody tr", has_text=tag).locator("td").first.text_content()
        wanted = {f"+ {one}" for one in after - before} | {f"− {one}" for one in before - after}
        assert set(re.findall(r"[+−] \S+", line)) == wanted
        assert wanted or line == "the same"


def test_the_time_line_says_where_the_gpu_and_the_driver_end(tab: Any, explorer: Path) -> None:
    tab.goto(f"{explorer.as_uri()}#gpu=V100&driver=535")
    tab.reload()

    words = tab.locator("#time-words").text_content()
    assert "The last torch with code for it is 2.14.1+cu126." in words
    assert "serves builds up to CUDA 12; CUDA 13 needs 580.65.06." in words


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_over_the_edge(tab: Any, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    cut = "[...document.querySelectorAll('.command pre')].filter(one => one.scrollWidth > one.clientWidth).length"

    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(cut) == 0, "no command is cut"
    assert set(tab.evaluate("[...document.querySelectorAll('.whole')].map(one => one.getClientRects().length)")) == {1}  # fmt: skip


def test_on_paper_the_form_is_a_line(tab: Any) -> None:
    tab.locator("#driver").fill("535")
    tab.locator("#driver").press("Tab")
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins

    assert not tab.locator("#choice").is_visible()
    assert tab.locator("#chosen").is_visible()
    assert "driver 535, any Python" in tab.locator("#chosen").text_content()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 718


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(tab: Any, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)

    assert serious_faults(tab) == []


def test_it_is_usable_within_a_second(chromium: Any, explorer: Path) -> None:
    """Seconds of the processor, not of the wall: the machine may have other work."""
    page = chromium.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(explorer.as_uri())
    page.locator("#grid td button").first.wait_for()
    taken = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    page.close()

    assert 0 < taken["TaskDuration"] <= 1.0


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
