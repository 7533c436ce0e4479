"""Pipfile of pipenv: packages, and the sources that they are bound to."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.linter.readers.of_toml.lines import Lines, at, parsed
from torch_doctor.linter.record import (
    Environment,
    IndexUse,
    InstallStep,
    NamedIndex,
    ProjectTable,
    Requirement,
    Written,
)
from torch_doctor.linter.requirement import canonical, requirement
from torch_doctor.linter.text import SourceText, Spot


def read(source: SourceText) -> Written:
    """Return what a Pipfile asks for: a package comes from the source that it names, else from the first."""
    document, flaw = parsed(source)
    if flaw is not None:
        return Written(flaws=(flaw,))
    lines, found = Lines(source), list[Requirement]()
    indexes = tuple(_indexes(document, lines))
    urls = {one.name: one.url for one in indexes}
    for name, given in at(document, "packages").items():
        fields = given if isinstance(given, dict) else {"version": given}
        version = fields.get("version", "*")
        if not isinstance(version, str) or {"git", "path", "file"} & set(fields):
            continue
        stated = "" if version == "*" else version
        one = requirement(f"{name}{stated}", lines.key(name, "packages"))
        if one is not None:
            found.append(
                one._replace(
                    name=canonical(name), source=urls.get(str(fields.get("index", "")), "")
                )
            )
    python = str(at(document, "requires").get("python_version", ""))
    first = Spot(source.path, 1)
    index = next((IndexUse(one.url, one.spot) for one in indexes), None)
    step = InstallStep("pip", first, tuple(found), index)
    environment = Environment("pipfile", first, python=python, steps=(step,))
    return Written((environment,), project=ProjectTable("pipenv", first, indexes=indexes[1:]))


def _indexes(document: dict[str, Any], lines: Lines) -> Iterator[NamedIndex]:
    """Yield the sources: the first is the default, any other is for the packages that name it."""
    declared = document.get("source")
    for one in declared if isinstance(declared, list) else ():
        url = one.get("url") if isinstance(one, dict) else None
        if isinstance(url, str):
            yield NamedIndex(
                str(one.get("name", "")), url, lines.text(url, "source"), explicit=True
            )
