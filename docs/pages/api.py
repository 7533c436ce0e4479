"""docs/api.md: what its examples print stands under them, and is what they print."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```\n(?P<box>\n```text\n.*?```\n)?", re.DOTALL)


def files() -> Iterator[tuple[str, str]]:
    """Yield the page with what its examples print."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    yield "api.md", _EXAMPLE.sub(_filled, page)


def printed(code: str) -> str:
    """Return what an example prints where it is run in the checkout's folder."""
    out, before = StringIO(), Path.cwd()
    os.chdir(ROOT)
    try:
        with redirect_stdout(out):
            exec(compile(code, "docs/api.md", "exec"), {"__name__": "__main__"})  # noqa: S102  our own page
    finally:
        os.chdir(before)
    return out.getvalue()


def _filled(example: re.Match[str]) -> str:
    if example["box"] is None:
        return example[0]
    code = example["code"]
    return f"```python\n{code}```\n\n```text\n{printed(code).rstrip()}\n```\n"
