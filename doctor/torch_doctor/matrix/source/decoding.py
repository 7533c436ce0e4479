"""Turn the tree of a YAML file into typed rows. The annotations of the row types are the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.source.columns import Column, columns
from torch_doctor.matrix.source.yaml_nodes import Fault, MatrixFault, Node

HOW = ("docs", "metadata", "binary", "measured", "derived")
CONFIDENCE = ("high", "medium", "low")
HEADER = ("defaults", "sources")
_DEFAULTS = ("source", "checked", "how", "confidence")

# An address; a package with the release, or the releases, that were read; a package of a distribution or a channel; a
# text that public code holds to the letter; what a host proved. When it was looked up is the row's `checked`.
_VERSIONS = r"==[0-9][A-Za-z0-9.+!_-]*|(>=[0-9][A-Za-z0-9.]*,)?<=[0-9][A-Za-z0-9.]*"
_CITATION = regex(
    rf"https?://[^\s/]+\.\S+|pypi:[A-Za-z0-9._-]+({_VERSIONS})"
    r"|(debian|conda):[a-z0-9][a-z0-9+./_-]*|(code|host):\"[^\"]{8,}\""
)
# Hosts of package registries, spelled without naming one: an address there is `pypi:NAME==VERSION`.
_REGISTRY = regex(r"(?i)\b(pypi|pythonhosted|anaconda|npmjs|crates)\.(org|io|com|net|dev)\b")
_DAY = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIMIT, _SHOWN = 4096, 60
# More of one file are not told: they take memory, and the first of them tell enough.
_MOST_FAULTS = 1000
_FEW = 6


class Entry(NamedTuple):
    """A row with the place it came from."""

    table: str
    row: Any
    file: str
    line: int


def decode_tree(
    tree: Node, file: str, tables: tuple[str, ...]
) -> tuple[list[Entry], list[MatrixFault]]:
    """Return the rows of one file and what is wrong with it, up to a bound. *tables* may stand in it."""
    entries: list[Entry] = []
    problems: list[MatrixFault] = []
    for found in _decoded(tree, file, tables):
        if isinstance(found, Entry):
            entries.append(found)
            continue
        problems.append(MatrixFault(file, found.line, one_line(found.message)))
        if len(problems) == _MOST_FAULTS:
            message = "what follows was not read; mend the faults above first"
            problems.append(MatrixFault(file, found.line, message))
            break
    return entries, problems


def _decoded(tree: Node, file: str, tables: tuple[str, ...]) -> Iterator[Entry | Fault]:
    header, faults = _header(tree)
    yield from faults
    for name, node in tree.value.items():
        if name in HEADER:
            continue
        if name not in tables:
            known = ", ".join(tables) if len(tables) < _FEW else "what `torch-doctor matrix` lists"
            message = f"unknown table {one_line(name, _SHOWN)!r}; this file may hold {known}"
            yield Fault(tree.key_lines[name], message)
        elif node.kind != "list":
            yield Fault(node.line, f"{name} must be a list of rows; start each row with `- `")
        else:
            for item in node.value:
                row, faults = _row(TABLES[name].row, item, header)
                yield from faults
                if row is not None:
                    yield Entry(name, row, file, item.line)


class _Header(NamedTuple):
    defaults: dict[str, Node]
    sources: dict[str, str]


def _header(tree: Node) -> tuple[_Header, list[Fault]]:
    parts: dict[str, dict[str, Node]] = {}
    faults: list[Fault] = []
    for name in HEADER:
        node = tree.value.get(name, Node("map", {}, 1))
        if node.kind != "map":
            faults.append(
                Fault(node.line, f"{name} must be a mapping; write `{name}: {{key: value}}`")
            )
        parts[name] = node.value if node.kind == "map" else {}
    for key in [key for key in parts["defaults"] if key not in _DEFAULTS]:
        line = parts["defaults"].pop(key).line
        faults.append(
            Fault(line, f"{one_line(key, _SHOWN)!r} cannot have a default; write it on each row")
        )
    sources: dict[str, str] = {}
    for key, node in parts["sources"].items():
        try:
            sources[key] = _text(node, f"sources.{one_line(key, _SHOWN)}")
        except Fault as fault:
            faults.append(fault)
    return _Header(parts["defaults"], sources), faults


def _row(kind: Any, node: Node, header: _Header) -> tuple[Any, list[Fault]]:
    """Return one typed row, or None and all that is wrong with it."""
    if node.kind != "map":
        return None, [Fault(node.line, "a row must be a mapping; write `{field: value, …}`")]
    faults: list[Fault] = []
    cells: list[Any] = []
    known = {*(column.name for column in columns(kind)), *Provenance._fields}
    for name in node.value:
        if name not in known:
            shown = one_line(name, _SHOWN)
            message = f"unknown field {shown!r}; {kind.__name__} has {', '.join(sorted(known))}"
            faults.append(Fault(node.key_lines[name], message))
    for column in columns(kind):
        try:
            cells.append(_cell(column, node))
        except Fault as fault:
            faults.append(fault)
    try:
        cells.append(_origin(node, header))
    except Fault as fault:
        faults.append(fault)
    return (None, faults) if faults else (kind(*cells), faults)


def _cell(column: Column, row: Node) -> Any:
    node = row.value.get(column.name)
    if node is None:
        if column.omittable:
            return None if column.optional else ()
        raise Fault(row.line, f"field {column.name!r} is missing; add it ({_wanted(column)})")
    if node.kind == "text" and node.reads_as == "null":
        if column.optional and node.value:
            return None
        raise Fault(node.line, f"{column.name} is empty; it must be {_wanted(column)}")
    return _value(column, node)


def _value(column: Column, node: Node) -> Any:
    name = column.name
    if column.shape == "str":
        return _text(node, name)
    if column.shape == "int":
        return _int(node, name)
    if column.shape == "bool":
        if node.kind == "text" and node.reads_as == "bool" and node.value in ("true", "false"):
            return node.value == "true"
        raise Fault(node.line, f"{name} must be true or false, without quotes")
    if column.shape == "pairs" and node.kind == "map":
        return tuple(
            (key, _text(value, f"{name}.{one_line(key, _SHOWN)}"))
            for key, value in node.value.items()
        )
    if node.kind != "list" or column.shape == "pairs":
        raise Fault(node.line, f"{name} must be {_wanted(column)}")
    if column.shape == "ints":
        return tuple(_int(item, name) for item in node.value)
    if column.shape == "strs":
        return tuple(_text(item, name) for item in node.value)
    return tuple(_triple(item, column) for item in node.value)


def _triple(node: Node, column: Column) -> tuple[str, ...]:
    if node.kind != "list" or len(node.value) != 3:
        raise Fault(node.line, f"{column.name} must be {_wanted(column)}")
    first = node.value[0]
    head = "" if first.kind == "text" and first.value == "" else _text(first, column.name)
    return head, *(_text(item, column.name) for item in node.value[1:])


def _text(node: Node, name: str) -> str:
    if node.kind != "text":
        raise Fault(node.line, f"{name} must be text; write one quoted value")
    text = str(node.value)
    if node.reads_as != "str":
        shown = one_line(text, _SHOWN)
        message = f'{name}: {shown} without quotes reads as {node.reads_as}; quote it: "{shown}"'
        raise Fault(node.line, message)
    if visible(text, _LIMIT) != text:
        raise Fault(
            node.line,
            f"{name} has control characters or more than {_LIMIT} characters; remove them",
        )
    if not text.strip():
        raise Fault(node.line, f"{name} is empty; leave the field out or give a value")
    return text


def _int(node: Node, name: str) -> int:
    if node.kind == "text" and node.reads_as == "int" and re.fullmatch(r"-?\d{1,12}", node.value):
        return int(node.value)
    raise Fault(node.line, f"{name} must be a whole number, without quotes")


def _wanted(column: Column) -> str:
    words = {
        "str": "quoted text",
        "int": "a whole number",
        "bool": "true or false",
        "strs": 'a list of quoted texts, ["a", "b"]',
        "ints": "a list of whole numbers, [1, 2]",
        "pairs": 'a mapping of texts, {name: "value"}',
        "triples": 'a list of three texts each, [["a", "b", "c"]]',
    }[column.shape]
    return f"{words} or null" if column.optional else words


def _origin(row: Node, header: _Header) -> Provenance:
    found = {**header.defaults, **row.value}
    for name in ("source", "checked", "how"):
        if name not in found:
            raise Fault(
                row.line, f"{name!r} is missing; add it to the row or to the file's defaults"
            )
    values: dict[str, Any] = {}
    for name in Provenance._fields:
        node = found.get(name)
        if node is None or (node.reads_as == "null" and name in ("note", "dispute")):
            continue
        values[name] = _text(node, name) if name != "checked" else _date(node)
    values["source"] = header.sources.get(values["source"], values["source"])
    for fault in origin_faults(values):
        raise Fault(found[fault[0]].line, fault[1])
    return Provenance(**values)


def origin_faults(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what no origin may say, by field."""
    if values["how"] not in HOW:
        yield "how", f"how must be one of {', '.join(HOW)}"
    if values.get("confidence", "high") not in CONFIDENCE:
        yield "confidence", f"confidence must be one of {', '.join(CONFIDENCE)}"
    for name in ("source", "note", "dispute"):
        if _REGISTRY.search(values.get(name, "")):
            yield name, f"{name} names a package registry's host; write pypi:NAME==VERSION instead"
    for part in values["source"].split(" ; "):
        if not _CITATION.fullmatch(part):
            wanted = (
                "an https:// address, pypi:NAME==VERSION (or >=FIRST,<=LAST), debian:NAME, conda:NAME, "
                'code:"a text of public code" or host:"what ran there"'
            )
            yield "source", f"source {one_line(part, _SHOWN)!r} cannot be followed; give {wanted}"


def _date(node: Node) -> str:
    text = str(node.value) if node.kind == "text" else ""
    if fault := date_fault(text):
        raise Fault(node.line, fault)
    return date.fromisoformat(text).isoformat()


def date_fault(text: str) -> str | None:
    """Return why a text is no day on which a row was checked, None where it is one."""
    try:
        # What later Pythons also take for a date, earlier ones do not.
        day = date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        return f"checked: {one_line(text, _SHOWN)!r} is not a date; write 2026-01-31"
    # One day of grace: the row may come from a time zone where tomorrow has begun.
    if day > date.today() + timedelta(days=1):
        return f"checked: {text} lies in the future; write the day it was checked"
    return None
