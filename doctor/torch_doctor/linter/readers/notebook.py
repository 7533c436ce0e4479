"""Notebooks: the cells that call pip with ``!`` or ``%``, as one environment."""

from __future__ import annotations

import json
import re

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import Any
from torch_doctor.linter.record import AnyStep, Environment, Flaw, Unsure, Written
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, Spot, fragment

_CALL = r"\s*[!%]\s*((?:pip3?|uv|conda|mamba|python3?|apt(?:-get)?)\b.*)"


def read(source: SourceText) -> Written:
    """Return what the cells of a notebook install."""
    if not source.text.strip():
        return Written()
    try:
        document = json.loads(source.text)
    except json.JSONDecodeError as error:
        if source.text.startswith("version https://git-lfs"):
            what = "a notebook that Git LFS keeps elsewhere (git lfs pull brings it)"
            return Written(unsure=(Unsure(Spot(source.path, 1), what),))
        return _unreadable(Spot(source.path, error.lineno, error.colno), f"no JSON: {error.msg}")
    except (ValueError, RecursionError):
        return _unreadable(Spot(source.path, 1), "no JSON that can be read")
    cells = document.get("cells") if isinstance(document, dict) else None
    if isinstance(document, dict) and "cells" not in document and "worksheets" in document:
        what = "a notebook of format 3 (jupyter nbconvert --to notebook rewrites it)"
        return Written(unsure=(Unsure(Spot(source.path, 1), what),))
    if not isinstance(cells, list):
        return _unreadable(Spot(source.path, 1), "no notebook: it has no list of cells")
    rows: list[tuple[int, int, str]] = []
    start = 0
    for cell in cells:
        for line in _lines(cell):
            match = re.fullmatch(_CALL, line.rstrip("\n"), re.DOTALL)
            if match is None:
                continue
            number = _place(line.rstrip("\n"), source, start)
            start = number - 1
            rows.append((number, 1, match[1]))
    made: list[AnyStep] = []
    for row in rows:
        made += steps(fragment(source.path, [row]), {}, {})
    return (
        Written((Environment("notebook", Spot(source.path, 1), steps=tuple(made)),))
        if made
        else Written()
    )


def _unreadable(spot: Spot, why: str) -> Written:
    cure = "save it again as a notebook"
    return Written(flaws=(Flaw("unreadable", Severity.ERROR, spot, f"this is {why}", cure),))


def _lines(cell: Any) -> list[str]:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return []
    body = cell.get("source")
    if isinstance(body, list):
        body = "".join(one for one in body if isinstance(one, str))
    if not isinstance(body, str):
        return []
    return body.replace("\\\n", " ").splitlines()


def _place(line: str, source: SourceText, start: int) -> int:
    """Return the line of the file that holds a line of a cell; the text of JSON is looked for."""
    wanted = json.dumps(line, ensure_ascii=False)[1:-1]
    plain = json.dumps(line)[1:-1]
    first = wanted.split("  ")[0][:60]
    for number in range(start, len(source.lines)):
        if (
            wanted in source.lines[number]
            or plain in source.lines[number]
            or (len(first) > 8 and first in source.lines[number])
        ):
            return number + 1
    return 1
