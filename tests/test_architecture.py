"""The house rules that no linter knows: who may import whom, how large a room may be, who touches the machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.rule import GIVEN

from tests import tree

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "doctor" / "torch_doctor"
MODULES = sorted(PACKAGE.rglob("*.py"))
pytestmark = pytest.mark.skipif(
    not (ROOT / "doctor" / "torch_doctor" / "__init__.py").is_file(), reason="needs the checkout"
)

# Every room, from the ground up: a folder or a module directly under the package, and the rooms that it may import.
# A room imports only what stands before it.
BELOW: dict[str, set[str]] = {
    "core": set(),
    "binaries": {"core"},
    "matrix": {"core"},
    "engine": {"core"},
    "fixes": {"core", "matrix"},
    "rules": {"core", "matrix", "fixes"},
    "probes": {"core", "binaries", "matrix"},
    "pastes": {"core", "matrix"},
    "linter": {"core", "matrix"},
    "online": {"core", "binaries", "matrix"},
    "recommendation": {"core", "matrix", "engine", "fixes"},
    "explorer": {"core", "matrix", "recommendation"},
    "render": {"core"},
    "diagnose": {"core", "matrix", "engine", "fixes", "rules"},
    "consult": {"core", "matrix", "probes", "recommendation", "diagnose"},
    "fleet": {"core", "matrix", "engine", "fixes", "rules", "recommendation", "diagnose"},
    "launchers": {"core", "fleet"},
    "answers": {"core", "recommendation", "render"},
    "saved": {"core"},
    "arguments": {"core", "engine", "probes"},
    "api": {
        *("core", "matrix", "engine", "rules", "probes", "pastes", "linter", "recommendation"),
        *("render", "diagnose", "consult", "answers", "arguments"),
    },
    "gate": {"core", "matrix", "engine", "arguments", "api"},
    "pytest_plugin": {"gate"},
    "explained": {"core", "matrix", "rules", "api"},
    "serving": {"core", "matrix", "probes", "linter", "render", "api", "explained"},
    "torch_doctor": {"core", "engine", "answers", "saved", "api", "gate"},
    "cli": {
        *("core", "matrix", "engine", "rules", "probes", "pastes", "linter", "online"),
        *("recommendation", "explorer", "fleet", "launchers"),
        *("render", "diagnose", "consult", "answers", "api", "explained", "serving"),
    },
    "__main__": {"core", "probes", "cli"},
}
# What stands across the rule above, and why.
CROSSINGS = {
    (
        "render/text/plans.py",
        "recommendation",
    ): "types of what it renders, for the type checker alone",
    ("render/text/drifts.py", "recommendation"): "the same",
    ("render/text/images.py", "recommendation"): "the same",
    ("render/lint/terminal.py", "linter"): "the same",
    ("render/lint/github.py", "linter"): "the same",
    ("render/lint/sarif.py", "linter"): "the same",
    ("render/lint/junit.py", "linter"): "the same",
    ("render/lint/gitlab.py", "linter"): "the same",
    ("render/lint/markdown.py", "linter"): "the same",
    ("render/lint/words.py", "linter"): "the same",
    ("render/fleet/view.py", "fleet"): "the same",
    ("render/fleet/terminal.py", "fleet"): "the same",
    ("render/fleet/markdown.py", "fleet"): "the same",
    ("render/fleet/html.py", "fleet"): "the same",
    ("render/fleet/map.py", "fleet"): "the same",
    ("render/fleet/changes.py", "fleet"): "the same",
    ("render/fleet/prometheus.py", "fleet"): "the same",
    ("render/fleet/plan.py", "fleet"): "the same",
    ("render/fleet/drift.py", "fleet"): "the same",
    ("render/fleet/measured.py", "fleet"): "the same",
}
# Modules that reach the operating system, in any room but probes.
SYSTEM = {
    "os",
    "subprocess",
    "ctypes",
    "socket",
    "shutil",
    "platform",
    "signal",
    "tempfile",
    "mmap",
    "select",
}
LOADERS = {
    "consult.py": "asks which platform the question comes from",
    "online/index.py": "asks the user's own pip which index it is set to",
    "online/registry/login.py": "asks the helpers that keep docker's logins",
    "__main__.py": "ends the process",
    "cli/output/streams.py": "writes what was asked for",
    "cli/input/json_file.py": "reads the file that was named",
    "matrix/source/compile.py": "writes the compiled tables",
    "matrix/load.py": "reads the compiled tables",
    "matrix/paths.py": "says where they lie",
    "matrix/taken/place.py": "says where the user's data is kept",
    "core/light/modules.py": "finds the modules of the program",
    "core/processes/double.py": "doubles the process, so that one that hangs can be left behind",
    "matrix/taken/aside.py": "asks a file system that may not answer in another process",
    "matrix/taken/trust.py": "looks whose file it is",
    "matrix/taken/stored.py": "reads the matrix that the user took",
    "matrix/taken/keep.py": "writes it, for the one command that may",
    "matrix/source/regular.py": "opens regular files alone",
    "binaries/elf.py": "maps the file that it is asked about",
    "binaries/passing.py": "takes memory with holes for what passes by",
    "rules/_index.py": "lists the rule files",
    "render/formats/__init__.py": "lists the forms of a report",
    "pastes/readers/_index.py": "lists the readers",
    "fleet/sifting.py": "leaves Ctrl-C to the process that asked",
    "launchers/children.py": "starts and ends the commands that ask nodes",
    "launchers/ray.py": "finds the interpreter that has Ray",
    "launchers/_ray_payload.py": "runs on the nodes of Ray",
    "launchers/journal.py": "writes each line whole",
    "linter/find.py": "finds and reads the files of a project",
    "linter/earlier.py": "asks git what files held before",
    "linter/problems/__init__.py": "lists the problems",
}
MAY_PRINT = re.compile(r"cli/|probes/payloads/_\w+_payload\.py|__main__\.py")
MAX_FILE, MAX_FUNCTION, MAX_RULE, MAX_MODULES = 300, 40, 80, 15
MAX_PARAMETERS = 6
# Functions that take more, and why. A rule's check asks for facts by name and may ask for as many as it needs.
WIDE = {
    "api.py:check": "a person's options, each by its name, as the command line has them",
    "api.py:compare": "the same",
    "api.py:lint": "the same",
    "gate.py:require": "the same",
    "serving/tools.py:recommend": "the same: the tool's schema is made of its parameters",
    "core/rule.py:rule": "what a rule declares of itself, by name",
    "core/rule.py:finding": "what a rule says, by name",
    "diagnose.py:report_on": "facts, how to judge them, and what the report is about and may show",
    "probes/host/port.py:child": "a process and its pipes, as subprocess has them",
    "probes/host/supervise.py:supervise": "the same",
    "probes/record.py:child": "the same",
}

FACT = "torch_doctor.core.fact"


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


each_module = pytest.mark.parametrize("path", MODULES, ids=name_of)
each_rule = pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.parent.parent.name == "rules" and not p.name.startswith("_")],
    ids=name_of,
)


@each_module
def test_imports_go_down(path: Path) -> None:
    room = tree.room_of(tree.module_of(path))
    above = {
        module
        for module in tree.edges(path, types=True)
        if tree.room_of(module) not in BELOW[room] | {room}
        and (name_of(path), tree.room_of(module)) not in CROSSINGS
    }

    assert not above, f"{room} must not import {sorted(above)}"


def test_every_room_has_its_place() -> None:
    order = list(BELOW)

    assert set(order) == {tree.room_of(tree.module_of(path)) for path in MODULES}
    for place, room in enumerate(order):
        assert BELOW[room] <= set(order[:place]), room


@pytest.mark.parametrize("name", ["judge", "driver", "arch", "machine"])
def test_the_law_is_given_rows_and_looks_nothing_up(name: str) -> None:
    """What it needs is in the machine and the build, resolved once where they are made."""
    wanted = set(imports(tree_of(PACKAGE / f"matrix/law/{name}.py")))
    lookups = {
        one
        for one in wanted
        if one.startswith("torch_doctor.matrix.query.") and one.rpartition(".")[2].islower()
    }

    assert not lookups
    assert "torch_doctor.matrix.store.Matrix" not in wanted


def test_no_two_classes_have_one_name() -> None:
    """What a module keeps to itself is its own; a class that adds to its namesake (the API's Report) is the same thing."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            if node.name not in {ast.unparse(base).rpartition(".")[2] for base in node.bases}:
                places.setdefault(node.name, []).append(name_of(path))

    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_crossings_are_for_types_alone() -> None:
    for name, target in CROSSINGS:
        assert target not in {tree.room_of(module) for module in tree.edges(PACKAGE / name)}


@pytest.mark.parametrize("types", [False, True])
def test_no_module_imports_in_a_circle(types: bool) -> None:
    assert not tree.circles(tree.graph(types=types))


def test_circles_are_found_at_any_depth() -> None:
    late = "def f():\n    from torch_doctor.core import fact\n"
    typed = f"if TYPE_CHECKING:\n    {late.splitlines()[1].strip()}\n"

    assert set(tree.imported(late)) == set(tree.imported(typed, types=True)) == {FACT}
    assert not set(tree.imported(typed + "from torch_doctor import __version__\n"))
    assert tree.circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]
    assert not tree.circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in MODULES}), ids=lambda folder: folder.name
)
def test_rooms_have_few_modules(folder: Path) -> None:
    if folder.parent.name == "rules":
        return  # a family holds as many rules as there are
    modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MAX_MODULES, "group what grows"


@each_module
def test_only_probes_reach_the_system(path: Path) -> None:
    name = name_of(path)
    if name.startswith("probes/") or name in LOADERS:
        return
    reached = SYSTEM & {module.partition(".")[0] for module in imports(tree_of(path))}
    if name.startswith("cli/"):
        reached -= {"os"}  # commands read the environment of the terminal
    assert not reached, f"{name} reaches the system by {sorted(reached)}"


@each_rule
def test_a_rule_sees_facts_alone(path: Path) -> None:
    plain = {"__future__", "collections", "re", "torch_doctor"}
    found = {module.partition(".")[0] for module in imports(tree_of(path))}

    assert found <= plain, f"a rule imports {sorted(found - plain)}"


@each_module
def test_patterns_are_compiled_when_they_are_first_used(path: Path) -> None:
    """A reader of reports uses all of its own at once: there is nothing to put off."""
    if name_of(path).startswith(("pastes/", "online/")) or "payloads" in path.parts:
        return
    made = [
        statement.lineno
        for statement in tree_of(path).body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "re.compile"
        and not isinstance(getattr(node.args[0], "value", None), bytes)
    ]
    assert not made, f"{name_of(path)}: regex() of core/startup.py, lines {made}"


@each_rule
def test_a_rule_asks_for_facts_that_exist(path: Path) -> None:
    checks = [
        node
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef) and node.name == "check"
    ]

    assert len(checks) == 1, "a rule is one function named check"
    asked = import_module(f"torch_doctor.rules.{path.parent.name}.{path.stem}").check.needs.names
    assert asked <= set(FACTS) | GIVEN, f"no such fact: {sorted(asked - set(FACTS) - GIVEN)}"
    assert path.with_suffix(".yaml").is_file(), "the cases of a rule stand beside it"


@each_module
def test_rooms_are_small(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    is_rule = path.parent.parent.name == "rules" and not path.name.startswith("_")
    ceiling = MAX_RULE if is_rule else MAX_FILE

    assert lines <= ceiling, f"{lines} lines"


@each_module
def test_functions_are_short(path: Path) -> None:
    long = {
        node.name: length
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _length(node)) > MAX_FUNCTION
    }

    assert not long


def test_functions_have_few_parameters() -> None:
    """What belongs together is one value; no function takes more than that which is listed."""
    wide = {
        f"{name_of(path)}:{node.name}"
        for path in MODULES
        if path.parent.parent.name != "rules"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _parameters(node) > MAX_PARAMETERS
    }

    assert wide == set(WIDE)


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return len([one for one in every if one.arg not in ("self", "cls")])


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    documented = ast.get_docstring(node) is not None
    first = node.body[0]
    words = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - words


@each_module
def test_nothing_prints_but_the_command_line(path: Path) -> None:
    if MAY_PRINT.match(name_of(path)):
        return
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]

    assert not [
        node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


@each_module
def test_annotations_are_lazy_and_docstrings_stand_alone(path: Path) -> None:
    parsed = tree_of(path)
    if not parsed.body and path.name == "__init__.py":
        return
    doc = ast.get_docstring(parsed)

    assert doc, "a module says what it is"
    assert doc.splitlines()[0].endswith((".", ":", "!", "?")), "the first line is a sentence"
    code = [node for node in parsed.body if not isinstance(node, ast.Expr)]
    if code and not path.name.endswith("_payload.py"):
        assert isinstance(code[0], ast.ImportFrom)
        assert code[0].module == "__future__"


def test_there_is_no_room_for_odds_and_ends() -> None:
    names = {path.stem for path in MODULES}

    assert not names & {"utils", "util", "helpers", "helper", "common", "misc"}


# "CUDA version" without an owner is the mistake that this project exists to end.
BARE = re.compile(
    r"(?<!driver's )(?<!wheel's )(?<!torch's )(?<!toolkit's )(?<!not a )(?<![\w-])CUDA versions?\b"
    r"(?! (?:of|that|in|it|torch|the))",
    re.IGNORECASE,
)


def texts() -> Iterator[tuple[str, str]]:
    for path in MODULES:
        if path.is_relative_to(PACKAGE / "pastes") or path.is_relative_to(PACKAGE / "probes"):
            continue  # they quote what others print
        for node in ast.walk(tree_of(path)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and "\\" not in node.value
            ):
                yield f"{name_of(path)}:{node.lineno}", node.value
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        if page.name not in ("CHANGELOG.md", "design.md", "decisions.md"):
            yield page.name, page.read_text(encoding="utf-8")


QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|“[^”]*”", re.DOTALL)


def test_no_bare_cuda_version() -> None:
    found = [
        (place, match[0])
        for place, text in texts()
        for match in BARE.finditer(QUOTED.sub("", text))
    ]

    assert not found


def test_the_crossings_and_loaders_are_real() -> None:
    files = {name_of(path) for path in MODULES}

    assert {name for name, _ in CROSSINGS} <= files
    assert set(LOADERS) <= files


# What judges a machine does not know which machine it is: this one, a saved one, or one that a report tells of.
HERE = re.compile(r"\b(?:here|this (?:machine|host|computer|system|node))\b", re.IGNORECASE)
SPEAKS = ("core/", "binaries/", "matrix/", "engine/", "fixes/", "rules/", "pastes/", "probes/")


@each_module
def test_only_what_knows_the_machine_says_here(path: Path) -> None:
    """What depends on it is worded once, in render/about.py, or by the command line."""
    name = name_of(path)
    if not name.startswith(SPEAKS) or "/payloads/" in name:
        return
    parsed = tree_of(path)
    documented = {
        id(node.body[0].value)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
        and isinstance(node.body[0], ast.Expr)
    }
    spoken = [
        f"{node.lineno}: {node.value}"
        for node in ast.walk(parsed)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in documented and HERE.search(node.value)
    ]

    assert not spoken


# Names that say that something was said, and not what it is.
SPOKEN = {"told", "said", "hearsay"}
CODE = sorted(path for room in ("doctor", "tests", "docs") for path in (ROOT / room).rglob("*.py"))


def bound(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name that code gives to a value, an argument, a field or a function, and its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node.lineno


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_say_what_a_value_is(path: Path) -> None:
    found = [
        (name, line) for name, line in bound(tree_of(path)) if name.strip("_").lower() in SPOKEN
    ]

    assert not found, "name what it is: a release, an answer, a line"


def test_bound_names_are_found() -> None:
    code = "def told(said, *, hearsay):\n    _said = 1\n    [x for told in ()]\n    self.told = 2\n    for said, y in (): pass\n    told()\n"

    assert [name for name, _ in bound(ast.parse(code))].count("told") == 3
    assert {name for name, _ in bound(ast.parse(code))} == {"told", "said", "hearsay", "_said", "y"}


# Where a reason is told by words, and why.
BY_WORDS = {"probes/driver/unloaded.py": "the loader has no number for a library that is not there"}
_TEXTS = {"one_line", "visible", "str"}
_WORDED = {"detail", "stderr", "text", "message", "error"}


def reasons_by_words(tree: ast.AST) -> Iterator[int]:
    """Yield the lines at which one Reason or another is taken by what a text holds."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        values = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        texts = {name for name, value in values.items() if _is_text(value)}
        texts |= {
            one.arg
            for one in (*function.args.args, *function.args.kwonlyargs)
            if one.annotation is not None and ast.unparse(one.annotation) == "str"
        }
        for node in ast.walk(function):
            if isinstance(node, ast.If | ast.IfExp) and _names_a_reason(node):
                asked = [node.test, *(values[n] for n in _names(node.test) if n in values)]
                if any(_looks_into(one, texts) for one in asked):
                    yield node.lineno


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _is_text(value: ast.AST) -> bool:
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in _TEXTS


def _names_a_reason(node: ast.If | ast.IfExp) -> bool:
    parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [*node.body, *node.orelse]
    return any("Reason" in _names(part) for part in parts)


def _looks_into(test: ast.AST, texts: set[str]) -> bool:
    for node in ast.walk(test):
        looked: list[ast.expr] = []
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            looked = node.comparators
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            looked = [node.func.value, *node.args]
        if any(
            (isinstance(one, ast.Name) and one.id in texts)
            or (isinstance(one, ast.Attribute) and one.attr in _WORDED)
            for one in looked
        ):
            return True
    return False


@each_module
def test_probes_choose_a_reason_by_type(path: Path) -> None:
    name = name_of(path)
    if not name.startswith("probes/"):
        return

    assert bool([*reasons_by_words(tree_of(path))]) == (name in BY_WORDS)


@pytest.mark.parametrize(
    "chosen",
    [
        "Unavailable(Reason.TIMEOUT if 'late' in result.detail else Reason.CRASHED)",
        "Unavailable(Reason.TIMEOUT if _LATE.search(words) else Reason.CRASHED)",
        "Unavailable(Reason.TIMEOUT if late else Reason.CRASHED)",
        "Unavailable(Reason.DENIED if given.startswith('denied') else Reason.CRASHED)",
    ],
)
def test_a_reason_by_words_is_found(chosen: str) -> None:
    code = f"def f(result, given: str):\n    words = one_line(result.out)\n    late = 'late' in words\n    return {chosen}\n"

    assert [*reasons_by_words(ast.parse(code))] == [4]
    assert not [*reasons_by_words(ast.parse(code.replace("Reason", "Other")))]
