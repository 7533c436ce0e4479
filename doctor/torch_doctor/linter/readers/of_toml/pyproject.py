"""pyproject.toml: what a project asks for, its extras and groups, and the indexes that it takes packages from."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.linter.readers.of_toml import pixi, poetry, uv_table
from torch_doctor.linter.readers.of_toml.lines import Lines, at, parsed, texts
from torch_doctor.linter.record import Environment, InstallStep, ProjectTable, Requirement, Written
from torch_doctor.linter.requirement import canonical, requirement
from torch_doctor.linter.text import SourceText, Spot


def read(source: SourceText) -> Written:
    """Return the environments of a project: its requirements alone, and with each extra and group."""
    document, flaw = parsed(source)
    if flaw is not None:
        return Written(flaws=(flaw,))
    lines = Lines(source)
    manager = _manager(document)
    found = tuple(_asked(document, lines))
    requires, where = at(document, "project").get("requires-python"), None
    if not isinstance(requires, str):
        requires = ""
    if requires:
        where = lines.key("requires-python", "project")
    table = ProjectTable(manager, Spot(source.path, 1), requires, where, found)
    build = at(document, "build-system").get("requires")
    asked = [requirement(text, lines.text(text, "build-system")) for text in texts(build)]
    table = table._replace(build_requires=tuple(one for one in asked if one is not None))
    table = uv_table.completed(table, document, lines)
    if manager == "pdm":
        table = uv_table.with_pdm(table, document, lines)
    if manager == "poetry":
        table = poetry.completed(table, document, lines)
    found_by_pixi = pixi.environments(at(document, "tool", "pixi"), lines, "tool.pixi.")
    return Written((*environments(table, source.path), *found_by_pixi), project=table)


def _manager(document: dict[str, Any]) -> str:
    tools = at(document, "tool")
    for name in ("uv", "poetry", "pdm", "pixi"):
        if name in tools:
            return name
    return "pip"


def _asked(document: dict[str, Any], lines: Lines) -> Iterator[Requirement]:
    """Yield what PEP 621 and dependency groups ask for; *group* is ``extra:NAME`` or ``group:NAME``."""
    project = at(document, "project")
    yield from _of_list(project.get("dependencies"), "project", "", lines)
    for extra, wanted in at(project, "optional-dependencies").items():
        yield from _of_list(
            wanted, "project.optional-dependencies", f"extra:{canonical(extra)}", lines
        )
    groups = at(document, "dependency-groups")
    for group, wanted in groups.items():
        yield from _of_list(wanted, "dependency-groups", f"group:{canonical(group)}", lines)
    pdm = at(document, "tool", "pdm", "dev-dependencies")
    for group, wanted in pdm.items():
        yield from _of_list(wanted, "tool.pdm.dev-dependencies", f"group:{canonical(group)}", lines)


def _of_list(wanted: Any, table: str, group: str, lines: Lines) -> Iterator[Requirement]:
    for text in texts(wanted):
        one = requirement(text, lines.text(text, table), group=group)
        if one is not None:
            yield one


def environments(table: ProjectTable, path: str) -> Iterator[Environment]:
    """Yield what a project can be installed as."""
    groups = [""]
    groups += sorted({one.group for one in table.requirements if one.group})
    for group in groups:
        chosen = [one for one in table.requirements if one.group in ("", group)]
        if not chosen:
            continue
        sourced = tuple(uv_table.with_source(one, table, group) for one in chosen)
        yield Environment(
            "pyproject", Spot(path, 1), requires_python=table.requires_python,
            python_spot=table.requires_spot, name=group,
            steps=(index_step(table, path)._replace(requirements=sourced),),
        )  # fmt: skip


def index_step(table: ProjectTable, path: str) -> InstallStep:
    """Return the installer of a project with the indexes that it declares, without what it is asked for."""
    from torch_doctor.linter.record import IndexUse

    spread = [one for one in table.indexes if not one.explicit]
    default = next((IndexUse(one.url, one.spot) for one in spread if one.default), None)
    extra = tuple(IndexUse(one.url, one.spot) for one in spread if not one.default)
    flags = frozenset(f"unisolated:{name}" for name in table.unisolated)
    flags |= {f"compiled:{name}" for name in table.compiled}
    return InstallStep(table.manager, Spot(path, 1), (), default, extra, flags=flags)
