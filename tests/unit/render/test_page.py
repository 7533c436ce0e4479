"""The report as a page: anchors, pages of rules, commands that can be copied, and the loader's picture."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import LibraryFile, LoadedLibrary
from torch_doctor.core.report import Report
from torch_doctor.render.formats import html
from torch_doctor.render.page import loader
from torch_doctor.render.page.markup import address, commands
from torch_doctor.rules import by_code

from tests.browser import needs_axe, serious_faults
from tests.golden.reports import REPORTS
from tests.samples import A_RULE

WHEELS = "/opt/venv/lib/python3.12/site-packages/nvidia"
CUDNN = LibraryFile(f"{WHEELS}/cudnn/lib/libcudnn.so.9", "wheel", "9.19.0.56", "RPATH")
OLD = LibraryFile(
    "/usr/local/cuda-12.4/lib64/libnvJitLink.so.13", "toolkit", "12.4.127", "LD_LIBRARY_PATH"
)
SYSTEM = LibraryFile("/usr/lib/x86_64-linux-gnu/libnccl.so.2", "system", "2.18.5", "ld.so.cache")
DRIVER = LibraryFile("/usr/lib/x86_64-linux-gnu/libcuda.so.1", "driver", "580.95.05", "ld.so.cache")
MAPPED = LoadedLibrary("libcuda.so.580.95.05", "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05")


def by_some_rule() -> Report:
    """Return a report of something broken, by a rule that there is: the page has that rule's."""
    report = REPORTS["broken"]()
    first = report.findings[0]
    own = first._replace(code=A_RULE.code, name=A_RULE.name)
    rest = (
        one._replace(explained_by=own.code) if one.explained_by == first.code else one
        for one in report.findings[1:]
    )
    return report._replace(findings=(own, *rest))


def facts(**values: Any) -> Facts:
    return Facts({name: Known(value, Source("file")) for name, value in values.items()})


def test_the_loader_picture_says_which_library_is_from_where() -> None:
    found = loader.origins(
        facts(libcuda=DRIVER, library_picks=(CUDNN, OLD, SYSTEM), loaded_libraries=(MAPPED,))
    )

    assert [(one.name, one.place, one.mapped) for one in found] == [
        ("libcuda.so.1", "the NVIDIA driver", True),
        ("libcudnn.so.9", "NVIDIA's wheels", False),
        ("libnccl.so.2", "the system", False),
        ("libnvJitLink.so.13", "LD_LIBRARY_PATH", False),
    ]
    drawn = loader.picture(found)
    assert drawn.count('class="way odd unseen"') == 2, (
        "two are from places where torch's own are not"
    )
    assert drawn.count('class="way"') == 1, "one was seen in the process"


def test_a_library_that_a_variable_forces_is_from_that_variable() -> None:
    forced = LibraryFile("/srv/lib/libcudnn.so.9", "system", None, "LD_PRELOAD")
    (found,) = loader.origins(facts(library_picks=(forced,)))

    assert found.place == "LD_PRELOAD"
    assert 'class="place odd"' in loader.picture((found,))


def test_a_library_that_only_the_process_shows_is_there_too() -> None:
    late = LoadedLibrary("libnvrtc.so.13", f"{WHEELS}/cu13/lib/libnvrtc.so.13", "13.0.88")
    found = loader.origins(facts(library_picks=(CUDNN,), loaded_libraries=(late,)))

    assert [(one.name, one.place) for one in found] == [
        ("libcudnn.so.9", "NVIDIA's wheels"),
        ("libnvrtc.so.13", "NVIDIA's wheels"),
    ]


def test_without_what_torch_gets_there_is_no_picture() -> None:
    assert list(loader.section(facts(libcuda=DRIVER))) == []
    assert list(loader.section(Facts({}))) == []


def test_findings_have_anchors_and_say_why_they_matter() -> None:
    page = html.render(by_some_rule(), by_code(), "2026-11-29")

    anchors = re.findall(r'<article class="\w+" id="([\w-]+)">', page)
    assert anchors and len(set(anchors)) == len(anchors)
    assert set(re.findall(r'<a href="#([\w-]+)">', page)) == set(anchors)
    known = [anchor for anchor in anchors if anchor[:5] in by_code()]
    assert page.count("<b>Why it matters</b>") >= len(known) > 0
    assert f'id="rule-{known[0][:5]}"' in page
    assert "Checked on 2026-11-29." in page


def test_a_code_that_comes_again_has_an_anchor_of_its_own() -> None:
    report = REPORTS["broken"]()
    first = report.findings[0]
    again = first._replace(demoted=True)
    page = html.render(report._replace(findings=(first, again)))

    assert f'id="{first.code}"' in page and f'id="{first.code}-2"' in page


def test_what_was_assumed_is_marked() -> None:
    report = REPORTS["broken"]()

    assert "Hypothetical" not in html.render(report)
    assumed = report._replace(about=About(AboutKind.HYPOTHETICAL, "", ("gpu=V100",)))
    assert 'class="error assumed"' in html.render(assumed)


def test_commands_are_copied_as_they_are() -> None:
    lines = (
        'python -m pip  install "torch==2.14.1+cu126" \\',
        "    --index-url https://x.org/a-b/c",
    )
    made = commands(lines)
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", made, re.DOTALL)

    assert shown and unescape(re.sub(r"</?span>", "", shown[1])) == "\n".join(lines)
    assert "<span>--index-url</span>" in made


@pytest.mark.parametrize(
    "words",
    [
        "pypi:torch==2.9.0",
        "http://example.org/",
        "javascript:alert(1)",
        'https://a.org/"onclick="x',
        "https://a.org/ b",
    ],
)
def test_only_addresses_become_links(words: str) -> None:
    assert "<a" not in address(words)


def test_addresses_of_rows_are_links() -> None:
    where = "https://github.com/pytorch/pytorch/blob/main/RELEASE.md#release-compatibility-matrix"

    assert address(where).startswith(f'<a href="{where}"')


GENEROUS_MS = 60_000


@pytest.fixture
def tab(chromium: Any, tmp_path: Path) -> Any:
    path = tmp_path / "report.html"
    path.write_text(html.render(by_some_rule(), by_code(), "2026-11-29"), encoding="utf-8")
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(path.as_uri())
    yield page
    page.close()


def test_a_browser_runs_its_script_and_no_other(tab: Any) -> None:
    # The word goes again after a moment, so that it is noted when it comes.
    tab.evaluate(
        "new MutationObserver(() => { window.words ??= document.querySelector('[data-copy]').textContent })"
        ".observe(document.querySelector('[data-copy]'), {childList: true})"
    )
    tab.locator("[data-copy]").first.click()

    tab.wait_for_function("window.words !== undefined", timeout=GENEROUS_MS)
    assert tab.evaluate("window.words") == "Copied"
    tab.evaluate(
        """new Promise(resolve => {
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.bad = 1">');
            document.body.lastElementChild.addEventListener('error', resolve);
        })"""
    )
    assert tab.evaluate("window.bad") is None


def test_no_word_of_a_command_is_broken_on_a_phone(tab: Any) -> None:
    heights = tab.evaluate(
        "[...document.querySelectorAll('pre span')].map(one => one.getClientRects().length)"
    )

    assert heights and set(heights) == {1}
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_link_to_a_folded_page_opens_it(tab: Any) -> None:
    code = re.search(r'id="rule-(\w+)"', tab.content())
    assert code
    tab.evaluate(f"location.hash = 'rule-{code[1]}'")

    tab.wait_for_function(f"document.getElementById('rule-{code[1]}').open", timeout=GENEROUS_MS)


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", sorted(REPORTS))
def test_axe_finds_nothing_serious(
    name: str, width: int, scheme: str, chromium: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html.render(REPORTS[name](), by_code(), "2026-11-29"), encoding="utf-8")
    # the page's own policy lets no script run but its own
    page = chromium.new_page(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert serious_faults(page) == []
    page.close()
