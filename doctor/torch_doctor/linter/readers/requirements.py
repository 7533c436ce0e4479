"""Lists of requirements and constraints, as pip reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.linter.record import (
    UNKNOWN,
    Environment,
    Flaw,
    Include,
    IndexUse,
    InstallStep,
    Requirement,
    Written,
)
from torch_doctor.linter.requirement import project_at, requirement
from torch_doctor.linter.text import SourceText, Spot

_OPTION = regex(r"(--?[a-z][\w-]*)(?:[=\s]\s*(\S.*))?")
# Where the options of a requirement begin. Only hashes and settings of the build mean something there.
_OPTIONS = regex(r"(?<!\s)\s+-(?:-[a-z]|[A-Za-z]\b).*", re.DOTALL)
_INDEX = regex(r"(?:--extra-index-url|--index-url|-i|--find-links|-f)[= ]\s*(\S+)")
_VARIABLE = regex(r"\$\{[A-Z0-9_]+\}")
# What is plainly no list of requirements although its name says so: prose, a template.
_TEMPLATE = regex(r"\{\{|\{%|<[A-Z_ ]+>")


def read(source: SourceText) -> Written:
    """Return what a list asks for, as what one call of pip with ``-r`` would install."""
    step, flaws = parsed(source)
    first = Spot(source.path, 1)
    return Written((Environment("requirements", first, steps=(step,)),), flaws=flaws)


def parsed(source: SourceText) -> tuple[InstallStep, tuple[Flaw, ...]]:
    """Return a list as one step, and the lines that are none of its."""
    rows = ((Spot(source.path, number, column), text) for number, column, text in _logical(source))
    return listed(rows, Spot(source.path, 1))


def listed(rows: Iterable[tuple[Spot, str]], first: Spot) -> tuple[InstallStep, tuple[Flaw, ...]]:
    """Return the lines of a list, each with its place, as one step, and those that are none of its."""
    reading = _Reading()
    for spot, text in rows:
        if text.startswith("-"):
            reading.option(text, spot)
        else:
            reading.requirement(text, spot)
    step = InstallStep(
        "pip", first, tuple(reading.found), reading.index, tuple(reading.extra),
        tuple(reading.links), frozenset(reading.flags), includes=tuple(reading.includes), idle=tuple(reading.idle),
    )  # fmt: skip
    return step, tuple(reading.flaws)


class _Reading:
    """A list while it is read."""

    def __init__(self) -> None:
        self.found: list[Requirement] = []
        self.includes: list[Include] = []
        self.index: IndexUse | None = None
        self.extra: list[IndexUse] = []
        self.links: list[IndexUse] = []
        self.idle: list[IndexUse] = []
        self.flaws: list[Flaw] = []
        self.flags: set[str] = set()

    def requirement(self, text: str, spot: Spot) -> None:
        if "--hash" in text:
            self.flags.add("hashed")
        options = _OPTIONS.search(text)
        behind = options[0] if options else ""
        for use in _INDEX.finditer(behind):
            column = spot.column + text.index(behind) + use.start(1)
            self.idle.append(IndexUse(use[1], spot._replace(column=column)))
        one = requirement(text.removesuffix(behind), spot)
        if one is not None:
            self.found.append(one)
        elif (project := project_at(text.removesuffix(behind))) is not None:
            self.includes.append(Include("project", project[0], spot, project[1]))
        elif not _TEMPLATE.search(text) and UNKNOWN not in text:
            self.flaws.append(_no_requirement(text, spot))

    def option(self, text: str, spot: Spot) -> None:
        short = text[:2] in ("-r", "-c", "-e", "-i", "-f")
        match = _OPTION.match(text)
        name, value = (match[1], (match[2] or "").strip()) if match else ("", "")
        if short:
            name, value = text[:2], text[2:].strip(" =")
        use = IndexUse(
            value.strip("\"'"), spot._replace(column=spot.column + len(text) - len(value))
        )
        if name in ("-i", "--index-url"):
            self.index = use
        elif name == "--extra-index-url":
            self.extra.append(use)
        elif name in ("-f", "--find-links"):
            self.links.append(use)
        elif name in ("-r", "--requirement", "-c", "--constraint"):
            kind = "constraints" if name in ("-c", "--constraint") else "requirements"
            self.includes.append(Include(kind, value, use.spot))
        elif name in ("-e", "--editable"):
            self._editable(value, use.spot)
        else:
            self.flags.add(name)

    def _editable(self, value: str, spot: Spot) -> None:
        local = project_at(value)
        if local is not None:
            self.includes.append(Include("project", local[0], spot, local[1]))
        elif (one := requirement(value, spot)) is not None:
            self.found.append(one)


def _no_requirement(text: str, spot: Spot) -> Flaw:
    message = f"pip reads no requirement in {one_line(text, 80)!r}, and stops"
    fix = "write it as name==version, or take the line out"
    return Flaw("requirement-syntax", Severity.ERROR, spot, message, fix)


def _logical(source: SourceText) -> Iterator[tuple[int, int, str]]:
    """Yield the lines as pip joins them, without comments: number, column and text."""
    start, gathered = 0, list[str]()
    for number, line in enumerate(source.lines, 1):
        comment = re.match(r"\s*#", line)
        joined = line.endswith("\\") and not comment
        if not gathered:
            start = number
        # A comment ends what was continued, as pip has it.
        gathered.append(line[:-1] if joined else line)
        if joined and number < len(source.lines):
            continue
        whole = " ".join(gathered)
        remark = re.search(r"(?<!\S)#", whole)
        text = _VARIABLE.sub(UNKNOWN, whole[: remark.start()] if remark else whole)
        if text.strip():
            yield start, len(text) - len(text.lstrip()) + 1, text.strip()
        gathered = []
