"""A rule goes with its two files: in a copy of the tree that lacks one, the tests of all others still hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from torch_doctor.rules import load_rules

from tests.resting import rests_on
from tests.samples import A_RULE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / "doctor" / "torch_doctor" / "cli").is_dir(), reason="needs the checkout"
)
# Of other machines and other programs, or minutes long.
_ELSEWHERE = ("gpu", "real_torch", "faults", "property", "launchers", "bench", "lint")
_ALWAYS = (
    "unit/engine",
    "test_arguments.py",
    "rules/test_gates.py",
    "unit/pastes/test_mechanisms.py",
)
LIMIT_S = 600
# Those on which most tests of the whole program rest, and the first there is.
CODES = ("TD120", "TD205", A_RULE.code)


def without(code: str, folder: Path) -> Path:
    """Lay a copy of the tree, without the two files of a rule."""
    rule = next(rule for rule in load_rules() if rule.code == code)
    ignored = shutil.ignore_patterns("__pycache__", "rules.json")
    for name in ("doctor", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("matrix", "docs", "pyproject.toml", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    module = folder / "doctor" / Path(*rule.module.split("."))
    for kind in (".py", ".yaml"):
        module.with_suffix(kind).unlink()
    return folder


def relevant(code: str, tests: Path) -> list[str]:
    """Return the files of tests that name a rule, and some that name none."""
    near = (p for p in tests.rglob("test_*.py") if p.relative_to(tests).parts[0] not in _ELSEWHERE)
    naming = (path for path in near if f'"{code}' in path.read_text(encoding="utf-8"))
    return sorted({*map(str, naming), *(str(tests / name) for name in _ALWAYS)})


@pytest.mark.parametrize("code", [pytest.param(code, marks=rests_on(code)) for code in CODES])
def test_the_rest_holds_without_a_rule(code: str, tmp_path: Path) -> None:
    tree = without(code, tmp_path)
    paths = [path for path in relevant(code, tree / "tests") if not path.endswith("test_gone.py")]
    env = {**os.environ, "PYTHONPATH": f"{tree / 'doctor'}{os.pathsep}{tree}"}
    env.pop("PYTEST_ADDOPTS", None)
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=short", *paths)
    done = subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env=env,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
