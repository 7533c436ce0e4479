"""GitHub Actions: jobs and composite actions, once for each set of values of a matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product

from torch_doctor.core.startup import regex
from torch_doctor.linter.readers.of_yaml.tree import Tree, parsed, script
from torch_doctor.linter.record import (
    UNKNOWN,
    AnyStep,
    Environment,
    EnvStep,
    GpuRequest,
    ImageUse,
    RunStep,
    Workload,
    Written,
)
from torch_doctor.linter.shell.steps import maybe, steps
from torch_doctor.linter.text import SourceText, Spot

_EXPRESSION = regex(r"\$\{\{(.{0,400}?)\}\}", re.DOTALL)
_MOST_SETS = 24
# GitHub starts no more for one matrix; some of them may be left out.
_MOST_JOBS = 512
Values = Mapping[str, str]


def read(source: SourceText) -> Written:
    """Return the jobs of a workflow, or the steps of an action."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    environments: list[Environment] = []
    for document in found.documents:
        shared = _env(document, {})
        for name, job in document.get("jobs").pairs():
            for values in _sets(job, shared):
                environments.append(_job(name, job, values, source))
        action = document.get("runs")
        if action.get("steps"):
            environments.append(_environment(action.spot, action, {}, source))
    images = tuple(one.image for one in environments if one.image)
    workloads = tuple(one for document in found.documents for one in _containers(document))
    return Written(tuple(environments), workloads, tuple(dict.fromkeys(images)))


def _containers(document: Tree) -> Iterator[Workload]:
    """Yield the containers of jobs whose runner says that it has GPUs."""
    for name, job in document.get("jobs").pairs():
        container = job.get("container")
        labels = " ".join(one.text for one in job.get("runs-on").items())
        if not container or not re.search(
            r"gpu|cuda|nvidia|a100|h100|\bt4\b|a10g", labels, re.IGNORECASE
        ):
            continue
        written = container if container.kind == "scalar" else container.get("image")
        for values in _sets(job, {}):
            reference = _filled(written.text, values)
            image = ImageUse(reference, written.text, written.spot, "job")
            options = container.get("options").text
            request = (
                GpuRequest(written.spot, "all") if re.search(r"--gpus|nvidia", options) else None
            )
            env = tuple(EnvStep(k.text, v.text, k.spot) for k, v in container.get("env").pairs())
            unsure = "${{" in options or "${{" in labels
            yield Workload("workflow", name.text, name.spot, image, request, env, unsure=unsure)


def _env(tree: Tree, values: Values) -> dict[str, str]:
    pairs = tree.get("env").pairs()
    return {f"env.{name.text}": _filled(value.text, values) for name, value in pairs}


def _sets(job: Tree, shared: Values) -> Iterator[dict[str, str]]:
    """Yield the values of each run of a job: its matrix multiplied out, as far as it is written in the file."""
    matrix = job.get("strategy", "matrix")
    lists: list[list[tuple[str, str]]] = []
    for name, values in matrix.pairs():
        if name.text in ("include", "exclude"):
            continue
        found = [(f"matrix.{name.text}", one.text or UNKNOWN) for one in values.items()]
        lists.append(found or [(f"matrix.{name.text}", UNKNOWN)])
    sets = [dict(chosen) for chosen in islice(product(*lists), _MOST_JOBS)] if lists else [{}]
    excluded = [_entry(one) for one in matrix.get("exclude").items()]
    sets = [
        one for one in sets if not any(gone and gone.items() <= one.items() for gone in excluded)
    ]
    included = [entry for one in matrix.get("include").items() if (entry := _entry(one))]
    for entry in included:
        fitting = [s for s in sets if s and all(s.get(k, v) == v for k, v in entry.items())]
        if fitting and lists:
            for one in fitting:
                one.update(entry)
        else:
            sets = [s for s in sets if s] + [entry]
    for one in sets[:_MOST_SETS]:
        yield {**shared, **one}


def _entry(tree: Tree) -> dict[str, str]:
    return {
        f"matrix.{key.text}": value.text for key, value in tree.pairs() if value.kind == "scalar"
    }


def _filled(text: str, values: Values) -> str:
    return _EXPRESSION.sub(lambda match: values.get(match[1].strip(), UNKNOWN), text)


def _job(name: Tree, job: Tree, values: dict[str, str], source: SourceText) -> Environment:
    known = {**values, **_env(job, values)}
    made = _environment(name.spot, job, known, source)
    container = job.get("container")
    written = container if container.kind == "scalar" else container.get("image")
    if written.text:
        image = ImageUse(_filled(written.text, known), written.text, written.spot, "job")
        made = made._replace(image=image)
    runner = job.get("runs-on")
    labels = [_filled(one.text, known) for one in runner.items()]
    step = RunStep(("runs-on", *labels), runner.spot if runner else name.spot)
    system = next(
        (s for s in ("windows", "macos") if any(label.startswith(s) for label in labels)), "linux"
    )
    arch = "aarch64" if any(re.search(r"-arm$|arm64", label) for label in labels) else ""
    return made._replace(steps=(step, *made.steps), system=system, arch=arch, name=name.text)


def _environment(spot: Spot, holder: Tree, values: Values, source: SourceText) -> Environment:
    made: list[AnyStep] = []
    python = ""
    variables = {k.removeprefix("env."): v for k, v in values.items() if k.startswith("env.")}
    for step in holder.get("steps").items():
        uses = step.get("uses").text
        if (
            "/setup-python" in uses
            or "setup-uv" in uses
            or "setup-micromamba" in uses
            or "setup-miniconda" in uses
        ):
            wanted = step.get("with", "python-version")
            if wanted:
                python = _filled(wanted.text, values)
        body = step.get("run")
        shell = step.get("shell").text
        if not body.text or shell in ("pwsh", "powershell", "cmd", "python"):
            continue
        one = script(body, source)
        one = one._replace(text=_filled(one.text, values))
        known = {**variables, **{k.removeprefix("env."): v for k, v in _env(step, values).items()}}
        found = steps(one, known, known)
        if step.get("if"):
            found = tuple(maybe(one_) for one_ in found)
        made += found
    return Environment("workflow", spot, python=python, steps=tuple(made))
