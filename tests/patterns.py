"""Every pattern of the program by name, and every text that its own tests and cases hold."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch_doctor.core.startup import regex
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.pattern import _alternatives, needles

from tests.rules.cases import read_yaml

ROOT = Path(__file__).parents[1]
PACKAGES = ("torch_doctor.pastes", "torch_doctor.rules", "torch_doctor.matrix.from_texts")
_USES = (
    "matching",
    "missing",
    "undefined",
    "search",
    "match",
    "fullmatch",
    "findall",
    "finditer",
    "carries",
)
LATE = type(regex(""))  # a pattern that is compiled when it is first used
_SIGNS = re.compile(r"\\[bdsSwW]|[|+*?\[]")


def patterns() -> dict[str, str]:
    """Return the patterns of readers, rules and signatures; of one with alternatives each by itself."""
    found: dict[str, str] = {}
    for name, text in (*_of_modules(), *_of_signatures()):
        parts = list(_alternatives(text))
        for number, part in enumerate(parts):
            if _compiles(part):
                found[f"{name}[{number}]" if len(parts) > 1 else name] = part
    return found


def words() -> dict[str, str]:
    """Return the plain words that readers and rules look for in lists, as patterns."""
    found: dict[str, str] = {}
    for module in _modules():
        for name, value in vars(module).items():
            if isinstance(value, tuple | list | frozenset) and _is_its_own(module, name):
                short = f"{module.__name__.removeprefix('torch_doctor.')}.{name}"
                plain = (word for word in value if isinstance(word, str) and word)
                found |= {f"{short}[{word}]": re.escape(word) for word in plain}
    return found


def late_patterns() -> Iterator[tuple[str, Any]]:
    """Yield the patterns of readers and rules that are compiled when they are used, by name."""
    for module in _modules():
        for name, value in vars(module).items():
            if isinstance(value, LATE):
                yield f"{module.__name__.removeprefix('torch_doctor.')}.{name}", value


def compiled_at(source: str) -> list[int]:
    """Return the lines of a module at which a pattern is compiled at once."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "re.compile"
    ]


def own_texts() -> list[str]:
    """Return every string of the tests and of the cases beside the rules."""
    texts: list[str] = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    folders = (ROOT / "tests", ROOT / "doctor" / "torch_doctor" / "rules")
    for path in sorted(path for folder in folders for path in folder.rglob("*.yaml")):
        texts += _strings(read_yaml(path))
    files = (path for kind in ("*.txt", "*.log", "*.json") for path in (ROOT / "tests").rglob(kind))
    texts += [path.read_text(encoding="utf-8", errors="replace") for path in sorted(files)]
    return texts


class Corpus:
    """Texts that patterns are looked for in, without regard to case; a line at a time is enough for a match."""

    def __init__(self, texts: list[str]) -> None:
        self._text = "\n".join(texts)
        self._folded = self._text.lower()

    def holds(self, pattern: str) -> bool:
        """Whether any text carries *pattern*."""
        likely = needles(pattern)
        if likely and not any(needle in self._folded for needle in likely):
            return False
        return bool(re.search(pattern, self._text, re.IGNORECASE | re.MULTILINE))


def _modules() -> Iterator[Any]:
    for package in PACKAGES:
        top = importlib.import_module(package)
        for info in pkgutil.walk_packages(top.__path__, f"{package}."):
            yield importlib.import_module(info.name)


def _of_modules() -> Iterator[tuple[str, str]]:
    for module in _modules():
        for name, value in vars(module).items():
            if not re.fullmatch(r"_?[A-Z][A-Z_]+", name) or not _is_its_own(module, name):
                continue
            for number, text in enumerate(_texts_of(value)):
                yield f"{module.__name__.removeprefix('torch_doctor.')}.{name}#{number}", text
        yield from _in_functions(module)


def _in_functions(module: Any) -> Iterator[tuple[str, str]]:
    """Yield the patterns that functions write where they use them."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    short = module.__name__.removeprefix("torch_doctor.")
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            used = getattr(call.func, "attr", getattr(call.func, "id", ""))
            first = call.args[0] if call.args else None
            if used in _USES and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield f"{short}.{function.name}:{first.lineno}", first.value


def _is_its_own(module: Any, name: str) -> bool:
    """Whether the module sets the name itself and does not import it."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    return bool(re.search(rf"^{name}(?::[^=\n]*)? = ", source, re.MULTILINE))


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, (re.Pattern, LATE)):
        yield value.pattern
    elif isinstance(value, str) and _SIGNS.search(value):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts_of(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts_of(item)


def _of_signatures() -> Iterator[tuple[str, str]]:
    for row in load_matrix().signatures:
        for number, pattern in enumerate(row.patterns):
            yield f"signatures.{row.id}#{number}", pattern


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return bool(pattern)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _strings(item)]
