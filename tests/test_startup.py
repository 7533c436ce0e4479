"""Start-up is a feature: what each command must not import. Times are for tests/bench/startup.py to print."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.machines import machine
from tests.samples import A_RULE

HEAVY = {
    *(
        "rich",
        "requests",
        "yaml",
        "torch",
        "pynvml",
        "numpy",
        "importlib.metadata",
        "asyncio",
        "logging",
        "mcp",
        "pydantic",
    ),
    *(
        "packaging.specifiers",
        "concurrent.futures",
        "tempfile",
        "urllib.request",
        "email",
        "http",
        "difflib",
        "typing",
    ),
}
SCRIPT = """
import sys
from torch_doctor.__main__ import main
code = main(sys.argv[1:])
print("\\x00" + "\\n".join(sys.modules), end="")
sys.exit(code)
"""


def modules(*words: str, folder: Path | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        env=dict(os.environ),  # readline tells C's environment alone of columns
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("\x00")[2].split("\n"))


@pytest.fixture
def facts(tmp_path: Path) -> str:
    return machine("h100-580-cu130", tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("check", "--help"),
        ("rules",),
        ("explain", A_RULE.code),
        ("schema",),
        ("check", "--facts", "FACTS", "--json"),
        ("check", "--facts", "FACTS"),
        ("check", "--facts", "FACTS", "-v"),
        ("matrix", "show", "drivers", "580"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(facts: str, words: tuple[str, ...]) -> None:
    loaded = modules(*(facts if word == "FACTS" else word for word in words))

    assert not HEAVY & loaded


def test_the_version_imports_nothing_of_the_program() -> None:
    loaded = {name for name in modules("--version") if name.startswith("torch_doctor")}

    assert loaded == {"torch_doctor", "torch_doctor.__main__"}
    assert not {"argparse", "json", "dataclasses", "re"} & (modules("--version") - _bare())


@pytest.mark.parametrize(
    "words", [("explain", A_RULE.code), ("recommend", "--gpu", "A100", "--json")], ids=" ".join
)
def test_no_command_pays_for_what_others_need(words: tuple[str, ...], tmp_path: Path) -> None:
    """Where no file with settings is there; an explained rule needs no topic, a described machine no cure's effect."""
    loaded = modules(*words, folder=tmp_path)

    assert not {"pathlib", "datetime", "urllib.parse"} & loaded
    assert "torch_doctor.matrix.topics.find" not in loaded
    assert "torch_doctor.fixes.effects.apply" not in loaded


def test_the_overview_needs_no_parser_and_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # lines are broken on a narrow screen alone

    assert not {"argparse", "re", "enum"} & (modules("--help") - _bare())


def test_the_parser_needs_no_translations() -> None:
    loaded = modules("rules")

    assert "argparse" in loaded
    assert not {"gettext", "locale"} & (loaded - _bare())


def test_judging_a_file_loads_no_probe(facts: str) -> None:
    loaded = modules("check", "--facts", facts, "--json")

    assert not {name for name in loaded if name.startswith("torch_doctor.probes.")}
    assert not {"subprocess", "threading"} & (loaded - _bare())


OPENED = """
import os, sys
from torch_doctor.__main__ import main
opened, forked = [], []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else event == "os.fork" and forked.append(1))
code = main(sys.argv[1:])
folder = os.environ["TORCH_DOCTOR_DATA"]
print("\\x00", [name for name in opened if name.startswith(folder)], forked, end="")
"""


def test_looking_for_a_matrix_that_nobody_took_opens_no_file_and_starts_nothing(
    facts: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENED, "check", "--facts", facts, "--json"],
        env={**os.environ, "TORCH_DOCTOR_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.rpartition("\x00")[2] == " [] []"
    loaded = modules("check", "--facts", facts, "--json")
    assert not {
        name
        for name in loaded
        if name.startswith(
            (
                "torch_doctor.online",
                "torch_doctor.matrix.source.c",
                "torch_doctor.matrix.taken.stored",
            )
        )
    }


LATE = """
import sys, torch_doctor
from torch_doctor.probes.host.port import RecordedHost
from torch_doctor.rules import import_for_gpus, import_likely, load_rules
rules = {rule.module for rule in load_rules()}
for step in (import_likely, import_for_gpus):
    for _ in step():
        pass
ahead = rules & set(sys.modules)
torch_doctor.check(host=RecordedHost(sys.argv[1]), static=True)
print(len(ahead), len(rules & set(sys.modules) - ahead))
"""


def test_what_a_host_with_a_gpu_runs_is_imported_while_the_driver_is_waited_for() -> None:
    """A handful of what it runs is so rare that most hosts would import it in vain."""
    host = Path(__file__).parent / "hosts" / "h200-580-cu130"
    done = subprocess.run(
        [sys.executable, "-c", LATE, str(host)], capture_output=True, text=True, check=True
    )
    ahead, late = map(int, done.stdout.split())

    assert ahead < 150
    assert late < 25


def _bare() -> set[str]:
    script = "import sys; print('\\n'.join(sys.modules))"
    return set(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.split()
    )
