"""setup.cfg and setup.py, as text: what they ask for, and which Python. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.linter.record import Environment, InstallStep, Requirement, Written
from torch_doctor.linter.requirement import requirement
from torch_doctor.linter.text import SourceText, Spot


def read(source: SourceText) -> Written:
    """Return what a project asks for."""
    if source.path.endswith(".cfg"):
        found, python = _of_cfg(source)
    else:
        found, python = list(_of_script(source)), ""
    if not found:
        return Written()
    first = Spot(source.path, 1)
    step = InstallStep("pip", first, tuple(found))
    return Written((Environment("setup", first, requires_python=python, steps=(step,)),))


def _of_cfg(source: SourceText) -> tuple[list[Requirement], str]:
    found: list[Requirement] = []
    section, key, python = "", "", ""
    for number, line in enumerate(source.lines, 1):
        if match := re.fullmatch(r"\[([^\]]+)\]\s*", line):
            section, key = match[1].strip(), ""
            continue
        text = line
        if match := re.match(r"([A-Za-z_][\w.-]*)\s*[=:](?!=)\s*", line):
            key, text = match[1], line[match.end() :]
            if key == "python_requires":
                python = text.strip()
        elif not line[:1].isspace():
            continue
        text = text.strip()
        if section == "options" and key == "install_requires" and text and not text.startswith("#"):
            one = requirement(text, Spot(source.path, number, line.index(text) + 1))
            found += [one] if one is not None else []
    return found, python


def _of_script(source: SourceText) -> Iterator[Requirement]:
    """Yield the texts of a list that is given as install_requires, where it stands there as a list."""
    match = re.search(r"install_requires\s*=\s*\[(.*?)\]", source.text, re.DOTALL)
    if match is None:
        return
    for text in re.finditer(r"^(?!\s*#).*?([\"'])([A-Za-z][^\"'\n]*)\1", match[1], re.MULTILINE):
        offset = match.start(1) + text.start(2)
        line = source.text.count("\n", 0, offset) + 1
        one = requirement(
            text[2], Spot(source.path, line, offset - source.text.rfind("\n", 0, offset))
        )
        if one is not None:
            yield one
