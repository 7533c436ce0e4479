"""Shell scripts and jobs of Slurm, whose directives are read as steps of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import Environment, RunStep, Written
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.shell.tokens import tokens
from torch_doctor.linter.text import SourceText, Spot, whole

_DIRECTIVE = regex(r"^#SBATCH[ \t]+(.*)", re.MULTILINE)


def read(source: SourceText) -> Written:
    """Return what a script installs and runs. What it is given, and what its surroundings set, is unknown."""
    first = source.line(1)
    if first.startswith("#!") and not re.search(r"\b(?:ba|da|z|k)?sh\b", first):
        return Written()
    made = (*_directives(source), *steps(whole(source), {}, {}))
    return Written((Environment("script", Spot(source.path, 1), steps=made),))


def _directives(source: SourceText) -> Iterator[RunStep]:
    """Yield the directives of Slurm; those in a here-document are of another script, and a shell replaces variables."""
    found = list(_DIRECTIVE.finditer(source.text))
    bodies: list[range] = []
    if found and "<<" in source.text:
        tokens(source.text, bodies)
    for match in found:
        if not any(match.start() in body for body in bodies):
            number = source.text.count("\n", 0, match.start()) + 1
            yield RunStep(("#SBATCH", match[1].strip()), Spot(source.path, number, 1))
