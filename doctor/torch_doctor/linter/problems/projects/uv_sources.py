"""Sources and indexes of a uv project that name nothing, or that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw, ProjectTable
from torch_doctor.linter.requirement import torch_index

PROBLEMS = {
    "uv-source-undeclared": "A package is taken from an index that the project does not declare.",
    "uv-source-unused": "A source or an index of a uv project has no effect.",
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what uv refuses or passes over."""
    for file in project.files.values():
        table = file.written.project
        if table is not None and table.manager == "uv":
            yield from _table(table)


def _table(table: ProjectTable) -> Iterator[Flaw]:
    names = {one.name for one in table.indexes if one.name}
    for use in table.sources:
        if use.name and use.name not in names:
            message = f"{use.package} is taken from the index {use.name!r}, which no [[tool.uv.index]] declares"
            fix = "declare it with its url and explicit = true"
            yield Flaw("uv-source-undeclared", Severity.ERROR, use.spot, message, fix)
    asked = {one.name for one in table.requirements}
    seen = set[str]()
    for use in table.sources:
        if asked and use.name and use.package not in asked and use.package not in seen:
            seen.add(use.package)
            message = f"uv looks at sources of what a project itself asks for: {use.package} is not among it"
            fix = f"add {use.package} to the dependencies, or take the source out"
            yield Flaw("uv-source-unused", Severity.WARNING, use.spot, message, fix)
    used = {use.name for use in table.sources}
    for index in table.indexes:
        if index.explicit and index.name not in used and torch_index(index.url):
            message = f"the index {index.name!r} is explicit, and no source names it: nothing is taken from it"
            fix = f'add torch = {{ index = "{index.name}" }} to [tool.uv.sources]'
            yield Flaw("uv-source-unused", Severity.WARNING, index.spot, message, fix)
