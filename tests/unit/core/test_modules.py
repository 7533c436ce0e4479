"""Modules of the package that are found by their names are as Python finds them itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import tree

TELL = """
import json, sys
if {by_name}:
    from torch_doctor.core.light.modules import find_by_name
    find_by_name()
from importlib import import_module
told = {{}}
for name in ("torch_doctor.core.plain", "torch_doctor.inner", "torch_doctor.inner.deep"):
    module = import_module(name)
    spec = module.__spec__
    told[name] = {{
        "said": module.SAID, "file": module.__file__, "cached": module.__cached__, "origin": spec.origin,
        "package": module.__package__, "path": list(getattr(module, "__path__", ())),
        "found in": spec.submodule_search_locations, "located": spec.has_location, "parent": spec.parent,
        "source": spec.loader.get_source(name), "kept": spec.cached,
    }}
by = {{type(sys.modules[name].__loader__).__module__ for name in told}}
try:
    import torch_doctor.core.absent
except ModuleNotFoundError as error:
    told["absent"] = str(error)
print(json.dumps([told, sorted(by)]))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of the same name, with the module that finds by name and a few others."""
    home = tmp_path / "torch_doctor"
    for name in (
        "__init__",
        "core/__init__",
        "core/light/__init__",
        "core/plain",
        "inner/__init__",
        "inner/deep",
    ):
        file = home / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"SAID = {name!r}\n")
    shutil.copy(tree.PACKAGE / "core" / "light" / "modules.py", home / "core" / "light")
    return home


def module_seen(
    package: Path, *options: str, by_name: bool = True, **env: str
) -> tuple[Any, list[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, *options, "-c", TELL.format(by_name=by_name)],
        env={**kept, "PYTHONPATH": str(package.parent), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    modules, by = json.loads(done.stdout)
    return modules, by


@pytest.mark.parametrize("options", [(), ("-O",), ("-OO",)], ids=" ".join)
def test_modules_are_as_python_finds_them(package: Path, options: tuple[str, ...]) -> None:
    usual, by = module_seen(package, *options, by_name=False)
    assert "torch_doctor.core.light.modules" not in by

    for _ in ("compiled by Python", "compiled before"):
        assert module_seen(package, *options) == (usual, ["torch_doctor.core.light.modules"])


def test_what_was_compiled_is_read_only_where_it_is_of_this_source(package: Path) -> None:
    plain = "torch_doctor.core.plain"
    kept = Path(module_seen(package)[0][plain]["cached"])
    sound = kept.read_bytes()

    for spoilt in (b"", sound[:9], bytes(16) + sound[16:], b"\0" + sound[1:]):
        kept.write_bytes(spoilt)
        assert module_seen(package)[0][plain]["said"] == "core/plain"
    (package / "core" / "plain.py").write_text("SAID = 'something else'\n")
    assert module_seen(package)[0][plain]["said"] == "something else"


def test_where_compiled_files_are_kept_elsewhere_python_finds_all(
    package: Path, tmp_path: Path
) -> None:
    elsewhere = module_seen(package, PYTHONPYCACHEPREFIX=str(tmp_path / "kept"))[1]

    assert "torch_doctor.core.light.modules" not in elsewhere


STARTED = """
import os, sys
from torch_doctor import __main__
def end(code):
    print("\\x00", type(sys.modules["torch_doctor.cli.main"].__loader__).__module__, end="", flush=True)
    raise SystemExit(code)
os._exit, sys.argv = end, ["torch-doctor", "rules"]
__main__.entry()
"""


def test_the_command_finds_its_own_modules_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTED], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.rpartition("\x00")[2].strip() == "torch_doctor.core.light.modules"
