"""A browser for the tests of pages, where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

AXE = os.environ.get("AXE_CORE", "")
needs_axe = pytest.mark.skipif(not AXE, reason="AXE_CORE names no axe.min.js")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def started() -> Iterator[Any]:
    """Yield a browser without a screen; playwright's ``Error`` where none starts."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a screen; the tests that need it are skipped where playwright or a Chromium is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with ExitStack() as opened:
        try:
            browser = opened.enter_context(started())
        except sync_api.Error as error:
            pytest.skip(f"no Chromium starts here: {error.message.splitlines()[0]}")
        yield browser


def serious_faults(page: Any) -> list[str]:
    """Return what axe calls serious or critical in an open page, each with the first element that has it."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run()")["violations"]
    bad = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in bad]
