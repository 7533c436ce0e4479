"""environment.yml of conda: channels, packages, and the list that pip gets."""

from __future__ import annotations

import re

from torch_doctor.linter.readers.of_yaml.tree import Tree, parsed
from torch_doctor.linter.record import (
    Environment,
    Include,
    IndexUse,
    InstallStep,
    Requirement,
    Written,
)
from torch_doctor.linter.requirement import requirement
from torch_doctor.linter.shell.installers import conda_spec
from torch_doctor.linter.text import SourceText, Spot


def read(source: SourceText) -> Written:
    """Return the environment; a YAML file that describes none is nothing."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,) if "dependencies:" in source.text else ())
    environments = tuple(
        environment
        for document in found.documents
        if document.get("dependencies").kind == "sequence"
        for environment in [_environment(document, source)]
    )
    return Written(environments)


def _environment(document: Tree, source: SourceText) -> Environment:
    channels = tuple(IndexUse(one.text, one.spot) for one in document.get("channels").items())
    wanted: list[Requirement] = []
    steps = []
    for item in document.get("dependencies").items():
        if item.kind == "mapping":
            steps.append(_pip(item.get("pip")))
        elif not _elsewhere(source.line(item.spot.line)):
            one = conda_spec(item.text, item.spot)
            wanted += [one] if one is not None else []
    first = Spot(source.path, 1)
    conda = InstallStep("conda", first, tuple(wanted), channels=channels)
    python = next((one.specifier.lstrip("=") for one in wanted if one.name == "python"), "")
    exact = python if re.fullmatch(r"3\.\d{1,2}(?:\.\*|\.\d+)?", python) else ""
    return Environment("conda", first, python=exact, steps=(conda, *steps))


def _elsewhere(line: str) -> bool:
    """Whether a selector says that a line is for another system."""
    selector = re.search(r"#\s*\[([^\]]+)\]", line)
    return selector is not None and bool(
        re.search(r"\b(?:win|osx|not linux|aarch64|arm64)", selector[1])
    )


def _pip(listed: Tree) -> InstallStep:
    found: list[Requirement] = []
    step = InstallStep("pip", listed.spot)
    for item in listed.items():
        text = item.text.strip()
        option = re.fullmatch(r"(--?[a-z-]+)[= ]\s*(\S+)", text)
        if option is None:
            one = requirement(text, item.spot)
            found += [one] if one is not None else []
            continue
        use = IndexUse(option[2], item.spot._replace(column=item.spot.column + option.start(2)))
        if option[1] in ("-r", "--requirement"):
            step = step._replace(
                includes=(*step.includes, Include("requirements", option[2], use.spot))
            )
        elif option[1] in ("-i", "--index-url"):
            step = step._replace(main_index=use)
        elif option[1] == "--extra-index-url":
            step = step._replace(extra=(*step.extra, use))
        elif option[1] in ("-f", "--find-links"):
            step = step._replace(links=(*step.links, use))
    return step._replace(requirements=tuple(found))
