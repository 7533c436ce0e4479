"""The built site: it needs no other server, and its search finds what people type, opened from a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser import needs_axe, serious_faults

PAGES = (
    "index",
    "law",
    "rivals",
    "not-available",
    "errors/cuda-803",
    "gpus/geforce-rtx-5090",
    "cli",
)
# One of each kind that is generated, and those that people open first.
LOOKED_AT = (
    *PAGES,
    "ml-engineers",
    "maintainers",
    "errors/index",
    "gpus/index",
    "gpus/sm-120",
    "torch/2.9.1",
    "drivers/535",
    "rules/TD120",
    "questions",
    "settings",
    "triage",
    "tour",
    "terminal",
    "zh/start",
    "zh/causes",
)
LARGEST_MB = 40
FETCHED = re.compile(
    r"<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]+"
)


def test_no_page_fetches_anything_from_another_server(site: Path) -> None:
    made = sorted(site.rglob("*.html"))
    wrong = [
        f"{path.relative_to(site)}: {found}"
        for path in made
        for found in FETCHED.findall(path.read_text(encoding="utf-8"))
        if 'rel="canonical"' not in found
    ]

    assert len(made) > 1000
    assert wrong == []


def test_the_explorer_is_beside_the_pages(site: Path) -> None:
    assert (site / "explorer.html").stat().st_size > 100_000


def test_the_site_is_not_larger_than_its_words_need(site: Path) -> None:
    made = [path for path in site.rglob("*") if path.is_file()]

    assert not [path.name for path in made if path.suffix == ".map"]
    assert sum(path.stat().st_size for path in made) < LARGEST_MB * 1_000_000


@pytest.fixture
def tab(chromium: Any, site: Path) -> Any:
    """The first page from its file; a fault in a script, or a request that leaves the file system, fails the test."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda one: (
            wrong.append(one.url) if not one.url.startswith(("file:", "data:", "blob:")) else None
        ),
    )
    page.goto((site / "index.html").as_uri())
    yield page
    page.close()
    assert not wrong


def test_the_search_finds_what_people_type(tab: Any) -> None:
    wanted = {
        "CUDA error: no kernel image is available": "errors/",
        "803": "errors/cuda-803.html",
        "sm_120": "gpus/sm-120.html",
        "Xid 79": "errors/xid-79.html",
        "torch 2.9.1": "torch/2.9.1.html",
        "Driver/library version mismatch": "errors/",
        "is_available() False": "not-available.html",
        "driver 535": "drivers/535.html",
        "TD120": "rules/TD120.html",
    }
    tab.click("input.md-search__input")
    for words, path in wanted.items():
        tab.fill("input.md-search__input", "")
        tab.keyboard.type(words)
        tab.wait_for_function(
            """path => [...document.querySelectorAll('.md-search-result__item > a')]
                .slice(0, 3).some(found => found.href.includes(path))""",
            arg=path,
            timeout=20_000,
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_over_the_edge(tab: Any, site: Path, width: int, scheme: str) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    tab.emulate_media(color_scheme=scheme)
    for name in PAGES:
        tab.goto((site / f"{name}.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [1280, 390])
def test_no_word_of_code_in_a_sentence_is_broken_at_its_hyphens(
    tab: Any, site: Path, width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    split = "[...document.querySelectorAll('code .w')].filter(one => one.getClientRects().length > 1).length"
    for name in ("lint", "settings", "zh/start"):
        tab.goto((site / f"{name}.html").as_uri())
        assert tab.locator("code .w").count() > 0, name
        assert tab.evaluate(split) == 0, name


def test_every_page_of_the_menu_is_in_it(tab: Any, site: Path) -> None:
    tab.goto((site / "gpus" / "index.html").as_uri())
    listed = tab.locator(".md-sidebar--primary .md-nav__link").all_text_contents()

    assert {"Errors", "GPUs", "NVIDIA drivers"} <= {words.strip() for words in listed}


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(tab: Any, site: Path, width: int, scheme: str) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    tab.emulate_media(color_scheme=scheme)
    found = {}
    for name in LOOKED_AT:
        tab.goto((site / f"{name}.html").as_uri())
        found[name] = serious_faults(tab)

    assert {name: faults for name, faults in found.items() if faults} == {}
