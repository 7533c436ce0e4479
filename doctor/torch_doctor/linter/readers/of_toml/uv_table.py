"""The table [tool.uv] of a project: indexes, sources, conflicts, and what is built without isolation."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.linter.readers.of_toml.lines import Lines, at, texts
from torch_doctor.linter.record import NamedIndex, ProjectTable, Requirement, SourceUse
from torch_doctor.linter.requirement import canonical, requirement


def completed(table: ProjectTable, document: dict[str, Any], lines: Lines) -> ProjectTable:
    """Return *table* with what uv is told."""
    uv = at(document, "tool", "uv")
    unisolated = {canonical(name) for name in texts(uv.get("no-build-isolation-package"))}
    if uv.get("no-build-isolation") is True:
        unisolated.add("*")
    unisolated |= {canonical(str(name)) for name in at(uv, "extra-build-dependencies")}
    also = [
        requirement(text, lines.text(text, "tool.uv"), group="group:dev")
        for text in texts(uv.get("dev-dependencies"))
    ]
    return table._replace(
        indexes=tuple(_indexes(uv, lines)),
        sources=tuple(_sources(uv, lines)),
        conflicts=tuple(_conflicts(uv)),
        unisolated=frozenset(unisolated),
        compiled=frozenset(map(canonical, texts(uv.get("no-binary-package")))),
        default_groups=tuple(_defaults(uv.get("default-groups"), document)),
        requirements=(*table.requirements, *(one for one in also if one is not None)),
    )


def with_pdm(table: ProjectTable, document: dict[str, Any], lines: Lines) -> ProjectTable:
    """Return *table* with the sources of pdm; one with include_packages is for those alone."""
    indexes, sources = [], []
    declared = at(document, "tool", "pdm").get("source")
    for one in declared if isinstance(declared, list) else ():
        url = one.get("url") if isinstance(one, dict) else None
        if not isinstance(url, str):
            continue
        name, spot = str(one.get("name", "")), lines.text(url, "tool.pdm.source")
        bound = texts(one.get("include_packages"))
        indexes.append(NamedIndex(name, url, spot, explicit=bool(bound)))
        sources += [SourceUse(canonical(package), name, spot) for package in bound]
    return table._replace(indexes=tuple(indexes), sources=tuple(sources))


def _indexes(uv: Any, lines: Lines) -> Iterator[NamedIndex]:
    declared = uv.get("index")
    for one in declared if isinstance(declared, list) else ():
        url = one.get("url") if isinstance(one, dict) else None
        if isinstance(url, str):
            yield NamedIndex(
                str(one.get("name", "")), url, lines.text(url, "tool.uv.index"),
                one.get("explicit") is True, one.get("default") is True,
            )  # fmt: skip
    url = uv.get("index-url")
    if isinstance(url, str):
        yield NamedIndex("", url, lines.text(url, "tool.uv"), default=True)
    for url in texts(uv.get("extra-index-url")):
        yield NamedIndex("", url, lines.text(url, "tool.uv"))


def _sources(uv: Any, lines: Lines) -> Iterator[SourceUse]:
    for package, given in at(uv, "sources").items():
        for one in given if isinstance(given, list) else [given]:
            if not isinstance(one, dict):
                continue
            name = one.get("index")
            here = lines.key(package, "tool.uv.sources")
            if isinstance(name, str) and isinstance(given, list):
                here = lines.text(name, "tool.uv.sources")
            yield SourceUse(
                canonical(package), name if isinstance(name, str) else "", here,
                str(one.get("marker", "")), canonical(str(one.get("extra", ""))), canonical(str(one.get("group", ""))),
            )  # fmt: skip


def _defaults(named: Any, document: dict[str, Any]) -> list[str]:
    """Return the groups that uv installs by itself: those that are named, or dev."""
    if named == "all":
        return [canonical(name) for name in at(document, "dependency-groups")]
    return [canonical(name) for name in texts(named)] if isinstance(named, list) else ["dev"]


def _conflicts(uv: Any) -> Iterator[frozenset[str]]:
    declared = uv.get("conflicts")
    for one in declared if isinstance(declared, list) else ():
        names = [
            f"{kind}:{canonical(str(item[kind]))}"
            for item in (one if isinstance(one, list) else ())
            if isinstance(item, dict)
            for kind in ("extra", "group")
            if kind in item
        ]
        yield frozenset(names)


def with_source(wanted: Requirement, table: ProjectTable, group: str) -> Requirement:
    """Return a requirement with the address of the index that the project takes it from on Linux, for *group*."""
    if wanted.source:
        return wanted
    for use in table.sources:
        if use.package != wanted.name or not use.name or not on_linux(use.marker):
            continue
        if use.extra and group != f"extra:{use.extra}":
            continue
        if use.group and group != f"group:{use.group}":
            continue
        index = next((one for one in table.indexes if one.name == use.name), None)
        if index is not None:
            return wanted._replace(source=index.url)
    return wanted


def on_linux(marker: str, machine: str = "x86_64", python: str = "3.12") -> bool:
    """Whether a marker holds on Linux; True where it cannot be read."""
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        parsed = Marker(marker)
        return parsed.evaluate(
            {
                "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
                "platform_machine": machine, "python_version": python,
                "python_full_version": f"{python}.0", "extra": "", "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }
        )  # fmt: skip
    except (InvalidMarker, UndefinedEnvironmentName, ValueError):
        return True
