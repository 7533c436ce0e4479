"""The pytest plugin: a marked test is skipped or fails with the cause; runs of pytest on their own, in a child."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.machines import machine
from tests.resting import rests_on

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest

def test_plain():
    pass

@pytest.mark.requires_gpu
def test_one():
    pass

@pytest.mark.requires_gpu(gpus=64)
def test_many():
    pass
"""
CONFTEST = """
import functools
from torch_doctor import gate
from torch_doctor.saved import load

calls = []
really = functools.partial(gate.require, facts=load({facts!r}))

def counted(**wanted):
    calls.append(wanted)
    return really(**wanted)

gate.require = counted

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"asked {{len(calls)}} times")
"""


def ran(folder: Path, *words: str, facts: str = "", tests: str = TESTS) -> str:
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -W error\n")
    (folder / "conftest.py").write_text(CONFTEST.format(facts=facts) if facts else "")
    plugin = ("-p", "torch_doctor.pytest_plugin", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-rsf", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin", "COLUMNS": "400"},
        check=False,
    )
    return done.stdout + done.stderr


@rests_on("TD205")
def test_where_torch_runs_marked_tests_run(tmp_path: Path) -> None:
    output = ran(tmp_path, facts=machine("h100-580-cu130", tmp_path))

    assert "2 passed, 1 skipped" in output
    assert re.search(
        r"SKIPPED \[1\] test_it\.py:\d+: TD205 gpu-absent-but-required: 64 GPUs", output
    )


@rests_on("TD120")
def test_where_it_does_not_they_are_skipped_with_the_cause_and_the_cure(tmp_path: Path) -> None:
    facts = str(ROOT / "docs/hosts/a100-driver-535.json")
    if not Path(facts).is_file():
        pytest.skip("needs the checkout")
    output = ran(tmp_path, facts=facts)

    assert "1 passed, 2 skipped" in output
    assert "TD120 driver-older-than-runtime: driver 535.183.01" in output
    assert 'cure: python -m pip install "torch==2.14.1+cu126"' in output


def test_the_machine_is_asked_once_for_each_requirement(tmp_path: Path) -> None:
    twice = TESTS + "\n@pytest.mark.requires_gpu\ndef test_again():\n    pass\n"

    assert "asked 2 times" in ran(tmp_path, facts=machine("h100-580-cu130", tmp_path), tests=twice)


def test_without_a_marked_test_nothing_is_asked(tmp_path: Path) -> None:
    output = ran(tmp_path, "-k", "plain", facts=machine("h100-580-cu130", tmp_path))

    assert "asked 0 times" in output and "1 passed" in output


@pytest.mark.parametrize("way", ["option", "ini"])
def test_a_gate_fails_instead(tmp_path: Path, way: str) -> None:
    words = ("--torch-doctor-gpu", "fail") if way == "option" else ("-o", "torch_doctor_gpu=fail")
    output = ran(tmp_path, *words, facts=machine("h100-580-cu130", tmp_path))

    assert "2 passed, 1 error" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("gpu='no such card'", "no GPU is called 'no such card'"),
        ("cards=2", "requires_gpu takes gpus, gpu, build, not cards"),
    ],
)
def test_a_requirement_that_means_nothing_is_an_error(
    tmp_path: Path, mark: str, words: str
) -> None:
    tests = f"import pytest\n\n@pytest.mark.requires_gpu({mark})\ndef test_it():\n    pass\n"

    output = ran(tmp_path, tests=tests)
    assert words in output and "1 error" in output


def test_a_setting_that_means_nothing_is_said(tmp_path: Path) -> None:
    output = ran(
        tmp_path, "-o", "torch_doctor_proof=deep", facts=machine("h100-580-cu130", tmp_path)
    )

    assert "torch_doctor_proof is driver or static, not 'deep'" in output


def test_loading_it_imports_nothing_of_the_program() -> None:
    script = (
        "import sys, torch_doctor.pytest_plugin;"
        "print([name for name in sys.modules if name.startswith('torch_doctor.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['torch_doctor.pytest_plugin']"


def test_pytest_finds_it_by_its_entry_point() -> None:
    declared = ROOT / "pyproject.toml"
    if not declared.is_file():
        pytest.skip("needs the checkout")

    text = declared.read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\ntorch-doctor = "torch_doctor.pytest_plugin"\n' in text
