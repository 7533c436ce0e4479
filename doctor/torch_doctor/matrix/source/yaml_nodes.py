"""Read a YAML file into a tree that knows its lines. Nothing is constructed, expanded or guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.source.regular import regular

MAX_BYTES = 1 << 20
MAX_DEPTH = 12
# What no YAML may hold; its readers say no line.
_NO_YAML = regex("[^\t\n\r -~\x85\xa0-\ufffd\U00010000-\U0010ffff]")


class MatrixFault(NamedTuple):
    """One fault of the matrix: the file, the line (0 where there is none) and what to do about it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        file = one_line(self.file)
        where = f"{file}:{self.line}" if self.line else file
        return f"{where}: {self.message}"


def with_cure(message: str) -> str:
    """Return what is wrong on one line: where that is long, what to do about it (behind the last ``;``) stays."""
    fault, mark, cure = message.rpartition("; ")
    return f"{one_line(fault)}{mark}{one_line(cure)}"


class Node(NamedTuple):
    """A place in a YAML file. *value* is text, a list of nodes or a dict of key → node.

    *reads_as* is the type that YAML gives an unquoted scalar: str, int, float, bool, null, timestamp …
    """

    kind: str
    value: Any
    line: int
    reads_as: str = "str"
    key_lines: dict[str, int] = {}  # noqa: RUF012 - never written to


class Fault(Exception):  # noqa: N818  it is caught at once and becomes a Problem
    """A fault at a line; becomes a Problem where the file is known."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_tree(path: Path, name: str) -> Node | MatrixFault:
    """Return the mapping at the top of one YAML file, or the fault that hides it.

    *name* is how the file is called in messages.
    """
    try:
        return _top(_text(path))
    except Fault as fault:
        return MatrixFault(name, fault.line, one_line(fault.message))


def _text(path: Path) -> str:
    try:
        with open(path, "rb", opener=regular) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Fault(
            0, f"cannot be read: {error.strerror or error}; make it a readable file"
        ) from None
    if len(data) > MAX_BYTES:
        raise Fault(0, f"is larger than {MAX_BYTES >> 20} MiB; split it into several files")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Fault(line, "is not UTF-8; save it as UTF-8") from None


def _top(text: str) -> Node:
    import yaml

    if active := _NO_YAML.search(text):
        line = text.count("\n", 0, active.start()) + 1
        raise Fault(line, f"holds the control character U+{ord(active[0]):04X}; take it out")
    events = _events(text)
    try:
        first = next(events, None)
        if not isinstance(first, yaml.MappingStartEvent):
            raise Fault(1, "must be a mapping of table names; write `gpus:` and its rows below")
        tree = _build(events, first, 1)
        extra = next(events, None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        if any(re.match(r" *\t", one) for one in text.split("\n")[line - 1 : line]):
            raise Fault(line, "is indented with a tab; use blanks") from None
        what = error.problem or error.context or "cannot be read"
        raise Fault(line, f"is not YAML: {what}; correct it") from None
    except yaml.YAMLError as error:
        raise Fault(1, f"is not YAML: {error}; correct it") from None
    if extra is not None:
        raise Fault(_line(extra), "holds more than one YAML document; keep one")
    return tree


def _events(text: str) -> Iterator[Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    frame = (
        yaml.StreamStartEvent,
        yaml.StreamEndEvent,
        yaml.DocumentStartEvent,
        yaml.DocumentEndEvent,
    )
    for event in yaml.parse(text, Loader=loader):
        if not isinstance(event, frame):
            yield event


def _build(events: Iterator[Any], event: Any, depth: int) -> Node:
    import yaml

    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise Fault(line, "uses a YAML anchor or alias; write the value out where it is needed")
    if event.tag is not None:
        raise Fault(line, f"uses the YAML tag {one_line(event.tag, 60)}; leave the tag out")
    if depth > MAX_DEPTH:
        raise Fault(line, f"is nested more than {MAX_DEPTH} levels deep; flatten it")
    if isinstance(event, yaml.ScalarEvent):
        plain = event.implicit[0]
        return Node("text", event.value, line, _reads_as(event.value) if plain else "str")
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_build(events, inner, depth + 1))
        return Node("list", items, line)
    return _mapping(events, line, depth)


def _mapping(events: Iterator[Any], line: int, depth: int) -> Node:
    import yaml

    pairs: dict[str, Node] = {}
    lines: dict[str, int] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _build(events, inner, depth + 1)
        if key.kind != "text":
            raise Fault(key.line, "has a key that is not plain text; use a name as the key")
        if key.value in pairs:
            raise Fault(
                key.line,
                f"the key {one_line(key.value, 60)!r} is also on line {lines[key.value]}; keep one of them",
            )
        lines[key.value] = key.line
        pairs[key.value] = _build(events, next(events), depth + 1)
    return Node("map", pairs, line, key_lines=lines)


def _reads_as(text: str) -> str:
    """Return the type that a YAML 1.1 reader gives this unquoted text: why 12.10 must be quoted."""
    import yaml

    resolvers: Any = yaml.SafeLoader.yaml_implicit_resolvers
    for tag, pattern in resolvers.get(text[:1], ()):
        if pattern.match(text):
            return str(tag).rpartition(":")[2]
    return "str"


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
