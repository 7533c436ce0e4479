"""The page: a template, its style and script, and the document, in one file that needs no other."""

from __future__ import annotations

import json
from pathlib import Path

from torch_doctor import __version__
from torch_doctor.explorer.document import document
from torch_doctor.matrix.store import Matrix

NAME = "explorer.html"


def page(matrix: Matrix) -> str:
    """Return the whole page."""
    parts = {
        "style": _asset("style.css"),
        "tool": __version__,
        "script": _asset("page.js"),
        "data": embedded(document(matrix)),
    }
    made = _asset("page.html")
    for name, text in parts.items():
        made = made.replace(f"{{{{{name}}}}}", text, 1)
    return made


def embedded(value: object) -> str:
    """Return a value as JSON that no text in it can end the element of."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _asset(name: str) -> str:
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")
