"""The table [tool.poetry]: requirements with carets and tildes, alternatives, and named sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.linter.readers.of_toml.lines import Lines, at
from torch_doctor.linter.record import UNKNOWN, NamedIndex, ProjectTable, Requirement
from torch_doctor.linter.requirement import canonical

_TABLES = ("dependencies", "dev-dependencies")


def completed(table: ProjectTable, document: dict[str, Any], lines: Lines) -> ProjectTable:
    """Return *table* with what poetry is told."""
    poetry = at(document, "tool", "poetry")
    indexes = (*table.indexes, *_indexes(poetry, lines))
    found = [*table.requirements]
    places = [(name, "", f"tool.poetry.{name}", at(poetry, name)) for name in _TABLES]
    for group, content in at(poetry, "group").items():
        where = f"tool.poetry.group.{group}.dependencies"
        places.append((group, f"group:{canonical(group)}", where, at(content, "dependencies")))
    requires, spot = table.requires_python, table.requires_spot
    for _, group, where, asked in places:
        for name, given in asked.items():
            if name == "python":
                requires = requires or _specifier(given if isinstance(given, str) else "")
                spot = spot or lines.key("python", where)
                continue
            found += _of(name, given, group, where, lines, indexes)
    return table._replace(
        indexes=indexes, requirements=tuple(found), requires_python=requires, requires_spot=spot
    )


def _of(
    name: str, given: Any, group: str, table: str, lines: Lines, indexes: tuple[NamedIndex, ...]
) -> Iterator[Requirement]:
    for one in given if isinstance(given, list) else [given]:
        fields = one if isinstance(one, dict) else {"version": one}
        version, source = fields.get("version", "*"), fields.get("source")
        spot = lines.key(name, table)
        if isinstance(given, list) and isinstance(version, str):
            spot = lines.text(version, table)
        marker = str(fields.get("markers", ""))
        if (platform := fields.get("platform")) and not marker:
            marker = f"sys_platform == '{platform}'"
        url = fields.get("url") or fields.get("git") or fields.get("path") or ""
        index = next((i.url for i in indexes if source and i.name == source), "")
        stated = _specifier(version) if isinstance(version, str) else UNKNOWN
        if fields.get("optional") is True:
            continue
        yield Requirement(canonical(name), stated, spot, (), marker, str(url), index, group)


def _indexes(poetry: Any, lines: Lines) -> Iterator[NamedIndex]:
    declared = poetry.get("source")
    for one in declared if isinstance(declared, list) else ():
        url = one.get("url") if isinstance(one, dict) else None
        if isinstance(url, str):
            priority = str(one.get("priority", "primary"))
            yield NamedIndex(
                str(one.get("name", "")), url, lines.text(url, "tool.poetry.source"),
                priority == "explicit", priority == "default",
            )  # fmt: skip


def _specifier(text: str) -> str:
    """Return a constraint of poetry as a specifier: ``^2.1`` is ``>=2.1,<3``; UNKNOWN where it is none of one."""
    parts = [part.strip() for part in text.split(",")]
    made = [_one(part) for part in parts if part and part != "*"]
    return ",".join(made) if UNKNOWN not in made else UNKNOWN


def _one(part: str) -> str:
    match = re.fullmatch(
        r"(\^|~=?|)\s*v?(\d+(?:\.\d+)*)((?:\+|\.?(?:dev|post|rc|a|b))[\w.]*)?(\.\*)?", part
    )
    if match is None:
        return part.replace(" ", "") if re.match(r"[<>=!]", part) and "||" not in part else UNKNOWN
    sign, numbers = match[1], [int(n) for n in match[2].split(".")]
    version = match[2] + (match[3] or "")
    if match[4]:
        return f"=={match[2]}.*"
    if not sign:
        return f"=={version}"
    if sign == "~=":
        return f"~={version}"
    place = 1 if sign == "~" and len(numbers) > 1 else 0
    if sign == "^":
        place = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
    upper = [*numbers[:place], numbers[place] + 1]
    low = match[2] if "+" in version else version
    return f">={low},<{'.'.join(map(str, upper))}"
