"""Shell scripts and jobs of Slurm, whose directives are read as steps of their own."""

from __future__ import annotations

import re

from torch_doctor.linter.record import Environment, RunStep, Spot, Written
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, whole


def read(source: SourceText) -> Written:
    """Return what a script installs and runs. What it is given, and what its surroundings set, is unknown."""
    first = source.line(1)
    if first.startswith("#!") and not re.search(r"\b(?:ba|da|z|k)?sh\b", first):
        return Written()
    directives = [
        RunStep(("#SBATCH", match[1].strip()), Spot(source.path, number, 1))
        for number, line in enumerate(source.lines, 1)
        if (match := re.match(r"#SBATCH\s+(.*)", line))
    ]
    made = (*directives, *steps(whole(source), {}, {}))
    return Written((Environment("script", Spot(source.path, 1), steps=made),))
