"""The package as a graph of modules: which imports which, at any depth, and what of that is for the type checker alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import torch_doctor

PACKAGE = Path(torch_doctor.__file__).parent
ROOT = "torch_doctor"
MODULES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join((ROOT, *(part for part in parts if part != "__init__")))


def room_of(module: str) -> str:
    """Return the folder or the module directly under the package; the package itself is a room."""
    return module.split(".")[1] if "." in module else ROOT


NAMES = frozenset(map(module_of, MODULES))


def edges(path: Path, *, types: bool = False) -> set[str]:
    """Return the modules of the package that *path* imports, also in functions; with *types*, for annotations, too.

    The version number, which the package itself holds, counts for nothing.
    """
    return set(imported(path.read_text(encoding="utf-8"), types=types))


def graph(*, types: bool = False) -> dict[str, set[str]]:
    """Return every module and what it imports; with *types*, for annotations, too."""
    return {module_of(path): edges(path, types=types) for path in MODULES}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the sets of modules that reach each other by imports."""
    reached = {module: _reach(module, graph) for module in graph}
    together = {
        frozenset({module, *(other for other in found if module in reached[other])})
        for module, found in reached.items()
        if module in found
    }
    return sorted(map(sorted, together))


def imported(text: str, *, types: bool = False) -> Iterator[str]:
    """Yield the modules of the package that source code imports."""
    for node in _nodes(ast.parse(text), types=types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in NAMES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == ROOT:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in NAMES:
                    yield inner
                elif (node.module, alias.name) != (ROOT, "__version__"):
                    yield node.module or ""


def _nodes(tree: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        checked = isinstance(node, ast.If) and isinstance(node.test, ast.Name)
        if checked and node.test.id == "TYPE_CHECKING" and not types:
            yield from (inner for other in node.orelse for inner in ast.walk(other))
            continue
        yield node
        yield from _nodes(node, types=types)


def _reach(module: str, graph: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(graph[module])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += graph[one]
    return found
