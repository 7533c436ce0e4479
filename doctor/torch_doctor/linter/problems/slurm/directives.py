"""Jobs of Slurm: directives with variables, variables that are not set, containers without GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import UNKNOWN, Edit, FileRead, Flaw, RunStep
from torch_doctor.linter.text import Spot

PROBLEMS = {
    "slurm-directive-variable": "A directive of Slurm holds a variable, which nothing replaces.",
    "slurm-gpus-variable": "A script uses a variable of Slurm that its own request does not set.",
    "slurm-container-without-nv": "A container of Apptainer is started without the GPUs of the job.",
}
_COUNTED = r"--(?:gres|gpus|nodes|ntasks|cpus|mem|time|array)|-[NncGt]\b"
_SET_BY = {
    "SLURM_GPUS": r"--gpus(?:=|\s)|-G",
    "SLURM_GPUS_PER_NODE": r"--gpus-per-node",
    "SLURM_GPUS_PER_TASK": r"--gpus-per-task",
}
_CONTAINER = ("apptainer", "singularity")
_VERBS = ("exec", "run", "shell")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what a job of Slurm does not do as it is written."""
    for setup in project.setups:
        steps = [s for s in setup.environment.steps if isinstance(s, RunStep)]
        directives = [s for s in steps if s.words[:1] == ("#SBATCH",)]
        if not directives:
            continue
        for step in directives:
            yield from _directive(step)
        asked = " ".join(step.words[1] for step in directives)
        file = project.files[setup.environment.spot.file]
        yield from _variables(file, asked)
        if re.search(r"--(?:gres=\S*gpu|gpus)|-G", asked):
            yield from _containers(steps)


def _directive(step: RunStep) -> Iterator[Flaw]:
    text = re.sub(r"\s#.*", "", step.words[1])
    match = re.search(r"\$\{?\w+", text)
    if match is None:
        return
    severity = Severity.ERROR if re.match(_COUNTED, text) else Severity.WARNING
    message = f"sbatch reads this line before any shell does: {match[0]} is not replaced"
    fix = "write the value, or give the option to sbatch on the command line"
    yield Flaw("slurm-directive-variable", severity, step.spot, message, fix)


def _variables(file: FileRead, asked: str) -> Iterator[Flaw]:
    for number, line in enumerate(file.text.lines, 1):
        if line.lstrip().startswith("#"):
            continue
        for match in re.finditer(r"\$\{?(SLURM_GPUS(?:_PER_NODE|_PER_TASK)?)(?![\w:-])", line):
            if re.search(_SET_BY[match[1]], asked):
                continue
            if any(
                re.match(rf"\s*(?:export\s+)?{match[1]}=", one) for one in file.text.lines[:number]
            ):
                continue
            option = "--" + match[1].removeprefix("SLURM_").lower().replace("_", "-")
            message = f"{match[1]} is set by {option}, which is not given: the variable is empty"
            fix = "use SLURM_GPUS_ON_NODE, which is set for every job with GPUs"
            spot = Spot(file.path, number, match.start() + 1)
            yield Flaw("slurm-gpus-variable", Severity.WARNING, spot, message, fix)


def _containers(steps: list[RunStep]) -> Iterator[Flaw]:
    for step in steps:
        words = list(step.words)
        place = next((i for i, w in enumerate(words) if w.rpartition("/")[2] in _CONTAINER), None)
        if place is None or not set(_VERBS) & set(words[place:]):
            continue
        options = words[place:]
        if not {"--nv", "--nvccli", "--rocm"} & set(options) and not any(
            UNKNOWN in w for w in options[:3]
        ):
            message = f"{words[place]} brings the GPUs of the job into the container only with --nv"
            yield Flaw(
                "slurm-container-without-nv",
                Severity.WARNING,
                step.spot,
                message,
                "add --nv behind exec or run",
                mends=tuple((Edit(step.spot, verb, f"{verb} --nv"),) for verb in _VERBS),
            )
