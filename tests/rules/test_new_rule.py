"""A new rule begins with a free code and two files that hold."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from torch_doctor.rules import load_rules

from tests.rules import new_rule

ROOT = Path(__file__).parents[2]
COPIED = ("doctor", "matrix", "tests/rules", "tests/__init__.py", "pyproject.toml")


def test_the_code_is_free_and_of_the_family() -> None:
    rules = load_rules()
    taken = {rule.code for rule in rules}

    for family in {rule.family for rule in rules}:
        code = new_rule.next_code(family, rules)

        assert code not in taken
        assert code[:3] in {rule.code[:3] for rule in rules if rule.family == family}


def test_a_full_hundred_is_said() -> None:
    one = load_rules()[0]
    full = tuple(one._replace(code=f"TD{code}") for code in range(100, 200))

    with pytest.raises(ValueError, match="full"):
        new_rule.next_code(one.family, full)


@pytest.mark.skipif(
    not (ROOT / "doctor").joinpath("torch_doctor/cli").is_dir(), reason="no checkout"
)
def test_what_is_written_is_a_rule_that_holds(tmp_path: Path) -> None:
    for part in COPIED:
        source, target = ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target)
    begin = ("tests.rules.new_rule", "driver", "made-of-cheese")
    begun = _python(tmp_path, *begin)
    again = _python(tmp_path, *begin)
    cases = ("tests/rules/test_cases.py", "-k", "made-of-cheese")
    held = _python(tmp_path, "pytest", "-q", "-p", "no:xdist", *cases)

    assert begun.returncode == 0, begun.stderr
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert held.returncode == 0, held.stdout
    assert "passed" in held.stdout


def test_a_name_in_other_letters_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        new_rule.main(["driver", "Too_Old"])

    assert "small letters" in capsys.readouterr().err


def _python(root: Path, module: str, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": f"{root / 'doctor'}:{root}", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, timeout=300, check=False
    )
