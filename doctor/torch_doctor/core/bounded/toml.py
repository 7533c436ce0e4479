"""TOML that anybody may have written: read within bounds, with the line of what is wrong.

The parser is that of Python 3.11 and later, else of the package tomli, which is then installed. It is imported when
the first text is read.
"""

from __future__ import annotations

import re
import sys

from torch_doctor.core.startup import Any, regex

# The parser takes the square of the time for a key of many parts.
_MOST_PARTS = 200
_LONG_KEY = regex(rf"(?:[\w\"'-]{{1,100}}[ \t]{{0,9}}\.[ \t]{{0,9}}){{{_MOST_PARTS}}}")
_WHERE = regex(r"\(at line (\d+), column (\d+)\)")


class TomlError(Exception):
    """What is wrong with a text, and where. *is_deep*: it may be TOML, but is not read."""

    def __init__(self, fault: str, line: int, column: int = 0, *, is_deep: bool = False) -> None:
        super().__init__(fault)
        self.fault, self.line, self.column, self.is_deep = fault, line, column, is_deep


def loads(text: str) -> dict[str, Any]:
    """Return what a text says; raise TomlError where it is no TOML or beyond bounds, ImportError without a parser."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.count(".") >= _MOST_PARTS and _LONG_KEY.search(line):
            raise TomlError(f"a key has {_MOST_PARTS} parts or more", number, is_deep=True)
    try:
        found: dict[str, Any] = _parser().loads(text)
    except RecursionError:
        raise TomlError("it nests too deep", _deepest(lines), is_deep=True) from None
    except ValueError as error:
        raise _located(str(error), lines) from None
    return found


def _parser() -> Any:
    from importlib import import_module

    try:
        return import_module("tomllib")
    except ImportError:
        return import_module("tomli")


def _located(words: str, lines: list[str]) -> TomlError:
    if where := _WHERE.search(words):
        return TomlError(words.rpartition(" (at ")[0], int(where[1]), int(where[2]))
    if "(at end" in words:
        return TomlError(words.rpartition(" (at ")[0], len(lines))
    # What is left is Python's own bound on figures, which names no line.
    most = sys.get_int_max_str_digits() if hasattr(sys, "get_int_max_str_digits") else 4300
    figures = re.compile(rf"\d[\d_]{{{most}}}")
    line = next((number for number, one in enumerate(lines, 1) if figures.search(one)), 1)
    return TomlError(f"a number has more than {most} digits", line)


def _deepest(lines: list[str]) -> int:
    """Return the line that opens most: where a text nests too deep, it is likely there."""
    opened = [line.count("[") + line.count("{") for line in lines]
    return opened.index(max(opened)) + 1
