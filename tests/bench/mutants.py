"""Do the tests notice? One small change at a time is made to functions of a room, and the tests near it are run.

``python -m tests.bench.mutants [--room matrix/law] [--sample 300 | --from 400] [--file search] [--seed 1] [--workers 4]
[--wider]``. A change is a comparison, a
connective, a constant, a condition or an answer that becomes another one. Printed are the score and every change
that no test noticed; ``--wider`` shows those to the cases of all rules, too. Each change lives in a process of its own.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import torch_doctor

SOURCES = Path(torch_doctor.__file__).parent
NEAR = (
    "test_law",
    "test_law_parts",
    "test_law_search",
    "test_law_facts",
    "test_law_nearest",
    "test_law_drivers",
    "test_law_gpus",
    "test_law_lost",
    "test_law_companions",
    "test_law_ends",
    "test_disputed",
    "test_masks",
    "test_assumed",
)
OTHERS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
SECONDS = 90
# One process, and no word on what was imported before pytest came.
_QUIETLY = (
    *("-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


class Mutant(NamedTuple):
    """A module with one change: where it is, what stood there and what stands there now."""

    path: Path
    module: str
    number: int
    which: int
    line: int
    before: str
    after: str


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what one node may become."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OTHERS:
        other = copy.deepcopy(node)
        other.ops[0] = OTHERS[type(node.ops[0])]()
        yield other
    elif isinstance(node, ast.BoolOp):
        other = copy.deepcopy(node)
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield other
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.If):
        other = copy.deepcopy(node)
        other.test = ast.UnaryOp(ast.Not(), other.test)
        yield other
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class _Put(ast.NodeTransformer):
    def __init__(self, place: ast.AST, other: ast.AST) -> None:
        self.place, self.other = place, other

    def visit(self, node: ast.AST) -> ast.AST:
        return self.other if node is self.place else self.generic_visit(node)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every change to the functions of one file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = ".".join(("torch_doctor", *path.relative_to(SOURCES).with_suffix("").parts))
    inside = {
        node
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
        for statement in one.body
        for node in ast.walk(statement)
    }
    for number, node in enumerate(ast.walk(tree)):
        for which, other in enumerate(changed(node) if node in inside else ()):
            before, after = (ast.unparse(one).splitlines()[0] for one in (node, other))
            yield Mutant(path, module, number, which, getattr(node, "lineno", 0), before, after)


def tree_of(mutant: Mutant) -> ast.Module:
    """Return the module with the change in it."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    node = list(ast.walk(tree))[mutant.number]
    other = ast.copy_location(list(changed(node))[mutant.which], node)
    made: ast.Module = ast.fix_missing_locations(_Put(node, other).visit(tree))
    return made


def put_in(mutant: Mutant) -> None:
    """Give the functions of the module, wherever they were imported, the code of the changed ones."""
    module = importlib.import_module(mutant.module)
    other = ModuleType(mutant.module)
    other.__dict__.update(module.__dict__)
    exec(compile(tree_of(mutant), module.__file__ or "", "exec"), other.__dict__)
    _swap(vars(module), vars(other), mutant.module)


def _swap(old: Any, new: Any, module: str) -> None:
    for name, value in list(old.items()):
        there, here = _plain(value), _plain(new.get(name))
        if isinstance(there, FunctionType) and isinstance(here, FunctionType):
            if there.__module__ == module:
                there.__code__ = here.__code__
        elif isinstance(value, type) and value.__module__ == module and isinstance(new[name], type):
            _swap(vars(value), vars(new[name]), module)


def _plain(value: Any) -> Any:
    """Return the function that a decorator, a property or a cache wraps."""
    value = getattr(value, "fget", None) or getattr(value, "func", None) or value
    return getattr(value, "__func__", None) or getattr(value, "__wrapped__", value)


def noticed(mutant: Mutant | None, tests: list[str]) -> bool:
    """Whether any of *tests* fails, or takes too long, with this change; without one, whether they fail by themselves."""
    return os.waitpid(_begun(mutant, tests), 0)[1] != 0


def _survivors(some: list[Mutant], tests: list[str], workers: int) -> Iterator[Mutant]:
    """Yield what no test noticed, *workers* changes side by side."""
    running: dict[int, Mutant] = {}
    for one in (*some, None):
        while running and (one is None or len(running) >= workers):
            child, status = os.wait()
            ended = running.pop(child)
            if status == 0:
                yield ended
        if one is not None:
            running[_begun(one, tests)] = one


def _begun(mutant: Mutant | None, tests: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    signal.alarm(SECONDS * 4 if len(tests) == 1 else SECONDS)
    try:
        import pytest

        if mutant is not None:
            put_in(mutant)
        os._exit(int(pytest.main([*_QUIETLY, *tests])))
    finally:
        os._exit(1)


def main() -> None:
    """Change, run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--room", default="matrix/law")
    parser.add_argument("--sample", type=int, help="so many, chosen by chance; all otherwise")
    parser.add_argument("--from", dest="first", type=int, default=0, help="leave out so many first")
    parser.add_argument("--file", help="of one file of the room alone, named without .py")
    parser.add_argument("--workers", type=int, default=1, help="how many run side by side")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tests", nargs="*", help="files of tests; those near the law's room if none is named"
    )
    parser.add_argument(
        "--wider", action="store_true", help="show survivors to the cases of all rules"
    )
    asked = parser.parse_args()
    near = asked.tests or [f"tests/unit/matrix/{name}.py" for name in NEAR]
    every = [one for path in sorted((SOURCES / asked.room).glob("*.py")) for one in mutants(path)]
    every = [one for one in every if asked.file in (None, one.path.stem)]
    some = random.Random(asked.seed).sample(every, min(asked.sample or len(every), len(every)))
    some = some[asked.first :]
    started, left = time.monotonic(), []
    importlib.import_module("tests.samples")
    if noticed(None, near):
        raise SystemExit("the tests fail without a change: nothing is learned from them")
    some.sort(key=lambda one: (one.module, one.line))
    for one in _survivors(some, near, asked.workers):
        if not asked.wider or not noticed(one, ["tests/rules/test_cases.py"]):
            left.append(one)
            place = f"{one.module.rpartition('.')[2]}:{one.line}"
            print(f"{place}: {one.before}  ->  {one.after}", flush=True)
    score = 100 * (len(some) - len(left)) / max(1, len(some))
    seconds = time.monotonic() - started
    print(
        f"{len(some)} of {len(every)} changes: {score:.1f} % noticed, {len(left)} not ({seconds:.0f} s)"
    )


if __name__ == "__main__":
    sys.exit(main())
