"""The page and its document, made once for all tests of the explorer, and a browser where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.explorer import page as page_module
from torch_doctor.explorer.document import document
from torch_doctor.matrix.load import load_matrix

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def doc() -> dict[str, Any]:
    return document(load_matrix())


@pytest.fixture(scope="session")
def explorer(doc: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_module, "document", lambda _: doc)
        path = tmp_path_factory.mktemp("site") / page_module.NAME
        path.write_text(page_module.page(load_matrix()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a screen; the tests that need it are skipped where playwright or a Chromium is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        try:
            browser = playwright.chromium.launch(executable_path=found, args=flags)
        except sync_api.Error as error:
            pytest.skip(f"no Chromium starts here: {error.message.splitlines()[0]}")
        yield browser
        browser.close()
