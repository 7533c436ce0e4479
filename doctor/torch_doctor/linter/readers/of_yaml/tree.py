"""YAML with the place of every value. Templates are read as far as they can be: what they put in is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.record import UNKNOWN, Flaw
from torch_doctor.linter.text import Fragment, SourceText, Spot, fragment

# Stands for what a template puts in while YAML is parsed: no file holds it.
_HOLE = "__put-in-by-a-template__"
_TEMPLATE_LINE = regex(r"^[ \t-]*\{\{[^\n]*\}\}[ \t]*(?=\n|$)", re.MULTILINE)
# Bounded: a text of nothing but open braces must not be searched to its end for each of them.
_TEMPLATE = regex(r"\{\{.{0,400}?\}\}", re.DOTALL)
_MOST_NODES = 200_000


class Tree:
    """One value of a YAML file: a mapping, a list or a text, with its place; an absent one is false and empty."""

    __slots__ = ("node", "path")

    def __init__(self, path: str, node: Any) -> None:
        self.path, self.node = path, node

    def __bool__(self) -> bool:
        return self.node is not None

    @property
    def spot(self) -> Spot:
        """Where it begins."""
        if self.node is None:
            return Spot(self.path, 1)
        mark = self.node.start_mark
        return Spot(self.path, mark.line + 1, mark.column + 1)

    @property
    def kind(self) -> str:
        """mapping, sequence, scalar, or empty."""
        return self.node.id if self.node is not None else ""

    @property
    def text(self) -> str:
        """The text of a scalar; empty for anything else. What a template puts in is UNKNOWN."""
        if self.kind != "scalar":
            return ""
        return str(self.node.value).replace(_HOLE, UNKNOWN)

    @property
    def holds_nothing(self) -> bool:
        """Whether it is written and empty: ``key:`` or ``null``."""
        return (
            self.kind == "scalar" and self.node.value in ("", "null", "~") and not self.node.style
        )

    def get(self, *keys: str) -> Tree:
        """Return the value behind *keys*, through merged mappings, too."""
        found: Tree = self
        for key in keys:
            found = next(
                (value for name, value in found.pairs() if name.text == key), Tree(self.path, None)
            )
        return found

    def key(self, key: str) -> Tree:
        """Return a key itself, for its place."""
        return next((name for name, _ in self.pairs() if name.text == key), Tree(self.path, None))

    def pairs(self, depth: int = 0) -> Iterator[tuple[Tree, Tree]]:
        """Yield keys and values of a mapping; what is merged into it stands behind its own."""
        if self.kind != "mapping":
            return
        merged: list[Any] = []
        for name, value in self.node.value:
            if name.id == "scalar" and name.value == "<<":
                merged += value.value if value.id == "sequence" else [value]
            else:
                yield Tree(self.path, name), Tree(self.path, value)
        for node in merged:
            if depth < 10:
                yield from Tree(self.path, node).pairs(depth + 1)

    def items(self) -> Iterator[Tree]:
        """Yield the items of a list; a text is a list of one."""
        if self.kind == "sequence":
            yield from (Tree(self.path, node) for node in self.node.value)
        elif self.kind == "scalar" and not self.holds_nothing:
            yield self

    def every(self) -> Iterator[Tree]:
        """Yield it and all that is in it, each once."""
        seen, waiting = set[int](), [self.node]
        while waiting and len(seen) < _MOST_NODES:
            node = waiting.pop()
            if node is None or id(node) in seen:
                continue
            seen.add(id(node))
            yield Tree(self.path, node)
            if node.id == "mapping":
                waiting += [part for pair in reversed(node.value) for part in reversed(pair)]
            elif node.id == "sequence":
                waiting += reversed(node.value)


class Parsed(NamedTuple):
    """The documents of a file, and what is wrong with it."""

    documents: tuple[Tree, ...]
    flaw: Flaw | None = None
    template: bool = False


def parsed(source: SourceText) -> Parsed:
    """Return the documents of a YAML file; in a template, what its lines add is left out."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text, template = source.text, "{{" in re.sub(r"\$\{\{.{0,400}?\}\}", "", source.text)
    if template:
        text = _TEMPLATE.sub(_HOLE, _TEMPLATE_LINE.sub("", re.sub(r"(?<!\$)\{\{", "{{", text)))
    text = text.replace("\t", "    ") if template else text
    try:
        nodes = list(yaml.compose_all(text, loader))
    except yaml.YAMLError as error:
        if template:
            return Parsed((), template=True)
        mark = getattr(error, "problem_mark", None)
        spot = Spot(source.path, mark.line + 1 if mark else 1, mark.column + 1 if mark else 0)
        fault = one_line(str(getattr(error, "problem", "") or "it cannot be parsed"), 120)
        flaw = Flaw(
            "unreadable", Severity.ERROR, spot, f"this is no YAML: {fault}", "mend the line"
        )
        return Parsed((), flaw)
    except (RecursionError, ValueError):
        return Parsed((), template=template)
    return Parsed(tuple(Tree(source.path, node) for node in nodes), template=template)


def script(tree: Tree, source: SourceText) -> Fragment:
    """Return a text of YAML as a shell script, whose lines are those of the file."""
    value, first = tree.text, tree.spot
    if tree.node is not None and tree.node.style == "|":
        rows = []
        for number, text in enumerate(value.split("\n"), first.line + 1):
            written = source.line(number)
            blank = len(written) - len(written.lstrip())
            rows.append((number, blank + 1 if written.strip() else 1, text))
        return fragment(source.path, rows)
    line = first.line + (1 if tree.node is not None and tree.node.style == ">" else 0)
    shift = 1 if tree.node is not None and tree.node.style in ('"', "'") else 0
    return fragment(source.path, [(line, first.column + shift, text) for text in value.split("\n")])
