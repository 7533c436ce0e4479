"""The page and its document, made once for all tests of the explorer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.explorer import page as page_module
from torch_doctor.explorer.document import document
from torch_doctor.matrix.load import load_matrix


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
