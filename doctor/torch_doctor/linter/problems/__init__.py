"""What can be wrong: one problem, or a family that one look finds, is one file; its cases stand beside it.

Problems are found by walking this folder: a module has ``PROBLEMS`` (names and what they are) and ``find``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw

ProblemFinder = Callable[[LintProject], Iterator[Flaw]]
_HERE = os.path.dirname(__file__)
# What readers themselves find.
OF_READERS = {
    "unreadable": "A file is not in the format that its name says, so that nothing reads it.",
    "requirement-syntax": "A line of a list is no requirement: pip stops there.",
}


@cache
def problem_modules() -> tuple[ModuleType, ...]:
    """Return every module of problems, by name."""
    names = (
        f"{folder}.{file[:-3]}"
        for folder in os.listdir(_HERE)
        if not folder.startswith("_") and "." not in folder
        for file in os.listdir(os.path.join(_HERE, folder))
        if file.endswith(".py") and not file.startswith("_")
    )
    return tuple(import_module(f"{__package__}.{name}") for name in sorted(names))


def problem_finders() -> Iterator[ProblemFinder]:
    """Yield what looks for problems."""
    for module in problem_modules():
        yield module.find


def problem_names() -> dict[str, str]:
    """Return every problem that can be found, with one sentence about it."""
    found = dict(OF_READERS)
    for module in problem_modules():
        found |= module.PROBLEMS
    return dict(sorted(found.items()))
