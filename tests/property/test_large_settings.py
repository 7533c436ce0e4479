"""Large settings and rows, made to be slow: the time grows with the size and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import hostile

SMALL, LARGE = 1 << 15, 1 << 18
NOISE_S = 0.5
UNITS = {
    "blank lines": "\n",
    "blanks": " ",
    "brackets": "[\n",
    "braces": "a = {",
    "quotes": "'",
    "escapes": '"\\n',
    "comments": "#torch-doctor = {\n",
    "parts": "a.",
    "figures": "9",
    "a key": "k",
    "headers": "[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]\n",
    "our headers": "[[tool.torch-doctor]]\n",
    "lists": "- - - a\n",
    "anchors": "- &a [x, x]\n",
    "documents": "---\n",
    "rows": "  - {}\n",
    "wrong rows": "  - 1\n",
    "NULs": "\0",
    "carriage returns": "\r",
    "tabs": "\t",
    "marks": "? ",
    "question marks": "?\n",
    "pipes": " |\n",
    "tags": "!!int ",
}


def _filled(head: str, unit: str, size: int) -> bytes:
    return (head + unit * (size // len(unit))).encode()[:size]


def _seconds(read: Callable[[bytes], None], data: bytes) -> float:
    started = time.process_time()
    read(data)
    return time.process_time() - started


@pytest.mark.parametrize("kind", [*UNITS, "many entries", "many keys"])
@pytest.mark.parametrize("reader", ["settings", "overlay"])
def test_time_grows_with_the_file_and_no_faster(reader: str, kind: str, tmp_path: Path) -> None:
    heads = {
        "settings": f"# torch-doctor of tool\n{hostile.TABLE}",
        "overlay": hostile.ROWS[0].decode(),
    }
    made = {
        "many entries": lambda size: (
            "ignore = [\n"
            + "".join(f'{{id = "a{n}", until = 2040-01-01}},\n' for n in range(size // 40))
            + "]\n"
        ),
        "many keys": lambda size: "".join(f"a{n}: 1\n" for n in range(size // 12)),
    }

    def read(data: bytes) -> None:
        getattr(hostile, reader)(tmp_path, data)

    small, large = (
        (heads[reader] + made[kind](size)).encode()
        if kind in made
        else _filled(heads[reader], UNITS[kind], size)
        for size in (SMALL, LARGE)
    )
    before = _seconds(read, small)
    assert _seconds(read, large) < NOISE_S + 2 * (LARGE / SMALL) * before
